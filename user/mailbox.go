package user

import "strings"

// MailboxKey is one name for all spellings of a mailbox that its owner can make up at will: plus tags are dropped, for
// Gmail the dots too. Limits count by it, so that a+1@, a+2@ … share one; accounts never do, because elsewhere these
// are different people. email must be in normal form.
func MailboxKey(email string) string {
	local, domain, ok := strings.Cut(email, "@")
	if !ok {
		return email
	}
	if base, _, tagged := strings.Cut(local, "+"); tagged && base != "" {
		local = base
	}
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	if domain == "gmail.com" {
		local = strings.ReplaceAll(local, ".", "")
	}
	return local + "@" + domain
}
