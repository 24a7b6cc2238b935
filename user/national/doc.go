// Package national reads phone numbers in the spelling of a country, such as "070-123 45 67", for programs whose users type
// them so. Set [auth.Config.ParsePhone] to what [Parser] answers.
//
// Most programs do not need it: without it a number must be international, which phones and browsers fill in. It costs the program that
// imports it about 8 MB of binary and 4.5 ms at its start, the tables of github.com/nyaruka/phonenumbers.
//
// Whatever the spelling, the answer is E.164, so that one number stays one account and one limit.
//
// [auth.Config.ParsePhone]: https://pkg.go.dev/github.com/crafteasy/auth#Config
package national
