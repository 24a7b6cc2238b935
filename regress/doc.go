// Package regress holds what went wrong in other programs of this kind, as tests: one for each public identifier, named after it, which
// does the attack of that incident to a real handler. Where an incident is about a store that several instances share, the test runs on
// two instances, in memory and on Redis.
//
// What cannot happen here is listed with the reason. Both are docs/security/incidents.md, which a test keeps complete:
//
//	AUTH_UPDATE_GOLDEN=1 go test ./regress -run TestIncidents
//
// Identifiers are those of public advisories and issue trackers; what is said of them here is in our words and may miss their point.
// Read the advisory before you quote one.
package regress
