// Package twilio sends SMS through Twilio's Messages API.
//
// Most programs need only [New] with an account, an API key and a number or Messaging Service:
//
//	sms, err := twilio.New(twilio.Options{AccountSID: "AC…", APIKey: "SK…", APISecret: "…", MessagingServiceSID: "MG…"})
//	…
//	auth.Config{SMS: sms, …}
//
// For other gateways use package webhook or a [sender.SMSFunc].
//
// An API key can be revoked alone and reaches less of the account than its auth token: prefer one. Messages stay
// readable in Twilio's log until the account's message redaction is on.
package twilio
