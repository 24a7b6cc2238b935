// Package sender is how messages leave: the interfaces for e-mail and SMS, with an SMTP, a Twilio and a webhook sender in
// the packages below it.
//
// To send through a channel of your own, make an [EmailFunc] or [SMSFunc].
//
// A message holds a code: a sender must not log its text.
package sender
