// Package webhook hands messages to any gateway over HTTP: a signed JSON POST for each e-mail or SMS.
//
// Use it where neither package smtp nor package twilio fits, and a small service of your own talks to the provider.
// [New] makes the sender; a gateway written in Go checks what it gets with [Verify]. Requests follow Standard Webhooks
// 1.0.0, for which there are libraries in most languages:
//
//	POST /your/path
//	Content-Type: application/json
//	Idempotency-Key: m-7f3…
//	webhook-id: m-7f3…
//	webhook-timestamp: 1674087231
//	webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
//
//	{"id":"m-7f3…","channel":"sms","to":"+46701234567","subject":"","text":"048213 is your …","purpose":"code","code":"048213"}
//
// Answer 2xx when the message was accepted for delivery; 408, 429 and 5xx are tried again under the same id, everything
// else is final.
//
// The body holds the code: whoever can read it can sign in. The gateway must not log it, and the way to it is https,
// or a plain connection inside the host's own network that was allowed on purpose.
package webhook
