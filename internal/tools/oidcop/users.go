package main

import (
	"strings"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"golang.org/x/text/language"
)

// password is what every user has.
const password = "verysecure"

// users knows everybody. The name is the subject; it is the e-mail address too, with @example.test added where it has
// no domain. The address counts as verified unless the name begins with "unverified".
type users struct{}

// GetUserByID implements [storage.UserStore].
func (users) GetUserByID(id string) *storage.User {
	if id == "" {
		return nil
	}
	email := id
	if !strings.Contains(email, "@") {
		email += "@example.test"
	}
	return &storage.User{
		ID: id, Username: id, Password: password, FirstName: "Test", LastName: "User",
		Email: email, EmailVerified: !strings.HasPrefix(id, "unverified"), PreferredLanguage: language.English,
	}
}

// GetUserByUsername implements [storage.UserStore].
func (u users) GetUserByUsername(name string) *storage.User { return u.GetUserByID(name) }

// ExampleClientID implements [storage.UserStore]. It names the example's service account, which no test uses.
func (users) ExampleClientID() string { return storage.ServiceUserID }
