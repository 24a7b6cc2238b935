package mongostore_test

import (
	"context"
	"errors"
	"time"

	"github.com/crafteasy/auth/apikey"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/totp"
	"github.com/crafteasy/auth/webauthn"
)

func enrolmentOf(x string) totp.Enrolment {
	return totp.Enrolment{UserID: x, ID: x, Secret: []byte(x), Step: 1, Codes: [][]byte{[]byte(x), []byte("other")}, EnabledAt: time.Now()}
}

func passkeyOf(x, id string) webauthn.Credential {
	return webauthn.Credential{
		ID: []byte(id), UserID: x, Handle: []byte(x), PublicKey: []byte(x), Name: x, Transports: []string{x}, Counter: 1, CreatedAt: time.Now(),
	}
}

func apiKeyOf(x, id string, version int64) apikey.Key {
	return apikey.Key{
		ID: id, OwnerID: x, TenantID: x, Name: x, Scopes: []string{x}, Generation: x, CreatedAt: time.Now(), Version: version,
		Secrets: []apikey.Secret{{Prefix: x, Hash: []byte(x), Generation: x, CreatedAt: time.Now()}},
	}
}

func linkOf(x, id string) oauth.Link {
	return oauth.Link{ID: id, UserID: x, Provider: x, Issuer: x, Subject: x, Email: x, LinkedAt: time.Now()}
}

// prepareMethods makes the views of the methods hold x.
func prepareMethods(ctx context.Context, s *mongostore.Store, x string) error {
	return errors.Join(
		s.TOTP().Enrol(ctx, enrolmentOf(x)), s.Passkeys().Add(ctx, passkeyOf(x, x)), ignore(s.Passkeys().Handle(ctx, x, []byte(x))),
		s.APIKeys().Create(ctx, apiKeyOf(x, x, 1)), s.Links().Add(ctx, linkOf(x, x)),
	)
}

// methodVerbs are the verbs of the methods' views.
var methodVerbs = []verb{
	{"TOTP.Load", func(ctx context.Context, s *mongostore.Store, x string) error { return ignore(s.TOTP().Load(ctx, x)) }, 1},
	{"TOTP.Advance", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.TOTP().Advance(ctx, x, x, 2))
	}, 1},
	{"TOTP.Spend", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore2(s.TOTP().Spend(ctx, x, x, []byte(x)))
	}, 1},
	{"TOTP.Replace", func(ctx context.Context, s *mongostore.Store, x string) error {
		return s.TOTP().Replace(ctx, x, x, [][]byte{[]byte(x)})
	}, 1},
	{"TOTP.Delete", func(ctx context.Context, s *mongostore.Store, x string) error { return ignore(s.TOTP().Delete(ctx, x)) }, 1},
	{"TOTP.Enrol", func(ctx context.Context, s *mongostore.Store, x string) error {
		return s.TOTP().Enrol(ctx, enrolmentOf(x))
	}, 1},

	{"Passkeys.Handle", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.Passkeys().Handle(ctx, x, []byte("fresh")))
	}, 1},
	{"Passkeys.Add", func(ctx context.Context, s *mongostore.Store, x string) error {
		return s.Passkeys().Add(ctx, passkeyOf(x, x+" new"))
	}, 1},
	{"Passkeys.Load", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.Passkeys().Load(ctx, []byte(x)))
	}, 1},
	{"Passkeys.List", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.Passkeys().List(ctx, x))
	}, 1},
	{"Passkeys.Advance", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.Passkeys().Advance(ctx, []byte(x), webauthn.Use{From: 1, To: 2, At: time.Now()}))
	}, 1},
	{"Passkeys.Rename", func(ctx context.Context, s *mongostore.Store, x string) error {
		return s.Passkeys().Rename(ctx, x, []byte(x), x)
	}, 1},
	{"Passkeys.Delete", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.Passkeys().Delete(ctx, x, []byte(x)))
	}, 1},
	{"Passkeys.DeleteAll", func(ctx context.Context, s *mongostore.Store, x string) error { return s.Passkeys().DeleteAll(ctx, x) }, 2},

	{"APIKeys.Create", func(ctx context.Context, s *mongostore.Store, x string) error {
		return s.APIKeys().Create(ctx, apiKeyOf(x, x+" new", 1))
	}, 1},
	{"APIKeys.Load", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.APIKeys().Load(ctx, x))
	}, 1},
	{"APIKeys.List", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.APIKeys().List(ctx, x, 2))
	}, 1},
	{"APIKeys.Replace", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.APIKeys().Replace(ctx, apiKeyOf(x, x, 2)))
	}, 1},
	{"APIKeys.Delete", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.APIKeys().Delete(ctx, x, x))
	}, 1},
	{"APIKeys.DeleteAll", func(ctx context.Context, s *mongostore.Store, x string) error { return s.APIKeys().DeleteAll(ctx, x) }, 1},

	{"Links.Add", func(ctx context.Context, s *mongostore.Store, x string) error {
		return s.Links().Add(ctx, linkOf(x, x+" new"))
	}, 1},
	{"Links.Load", func(ctx context.Context, s *mongostore.Store, x string) error { return ignore(s.Links().Load(ctx, x)) }, 1},
	{"Links.List", func(ctx context.Context, s *mongostore.Store, x string) error { return ignore(s.Links().List(ctx, x)) }, 1},
	{"Links.Delete", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.Links().Delete(ctx, x, x))
	}, 1},
	{"Links.DeleteAll", func(ctx context.Context, s *mongostore.Store, x string) error { return s.Links().DeleteAll(ctx, x) }, 1},
}
