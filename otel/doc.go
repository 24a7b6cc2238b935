// Package authotel tells OpenTelemetry what package auth does: counters, one histogram of durations, and a span for each operation.
//
// Most programs need [New] with no options, which takes the global providers, and two lines of the configuration:
//
//	telemetry, err := authotel.New(nil)
//	…
//	a, err := auth.New(auth.Config{Observe: telemetry.Observe, Audit: telemetry, …})
//
// It is a module of its own, so that programs which do without pay nothing for it. To keep events elsewhere as well, set
// [Options.Next]; programs with another system of metrics implement [auth.Config.Observe] and [audit.Sink] as this package does.
//
// # Instruments
//
//	auth.logins                method, success     sign-ins that ended, persons' and machines'
//	auth.refusals              code                requests and token checks that were refused, or failed on our side
//	auth.codes.sent            channel, outcome    one-time codes: sent or failed
//	auth.token.checks          outcome             checks by RequireAuth and OptionalAuth: accepted, refused, missing or failed
//	auth.operation.duration    operation           seconds, for each endpoint, token check and message
//
// method is what completed the sign-in, named as in amr. The exporter of Prometheus makes auth_logins_total and so on of these names.
//
// # Security
//
// Attributes have few values and name nobody: no user, address, session, token, code or IP reaches a metric or a span. A span
// carries the request id, by which the log says more.
package authotel
