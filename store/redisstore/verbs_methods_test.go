package redisstore_test

import (
	"context"
	"errors"

	"github.com/crafteasy/auth/apikey"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/store/redisstore"
	"github.com/crafteasy/auth/totp"
	"github.com/crafteasy/auth/webauthn"
)

func enrolmentOf(userID string) totp.Enrolment {
	return totp.Enrolment{UserID: userID, ID: "e", Secret: []byte("s"), Step: 1, Codes: [][]byte{[]byte("a"), []byte("b")}, EnabledAt: present}
}

func passkeyOf(userID, id string) webauthn.Credential {
	return webauthn.Credential{ID: []byte(id), UserID: userID, PublicKey: []byte("key"), Counter: 1, CreatedAt: present}
}

func apiKeyOf(ownerID, id string, version int64) apikey.Key {
	return apikey.Key{ID: id, OwnerID: ownerID, Name: id, CreatedAt: present, Version: version}
}

func linkOf(userID, id string) oauth.Link {
	return oauth.Link{ID: id, UserID: userID, Provider: "demo", Subject: id, LinkedAt: present}
}

// prepareMethods makes what the verbs of the methods' views work on.
func prepareMethods(ctx context.Context, s *redisstore.Store) error {
	return errors.Join(
		unless(s.TOTP().Enrol(ctx, enrolmentOf("anna")), totp.ErrExists), s.Passkeys().DeleteAll(ctx, "bert"),
		unless(s.Passkeys().Add(ctx, passkeyOf("anna", "p")), webauthn.ErrExists),
		unless(s.APIKeys().Create(ctx, apiKeyOf("anna", "k", 1)), apikey.ErrExists), s.APIKeys().DeleteAll(ctx, "bert"),
		unless(s.Links().Add(ctx, linkOf("anna", "l")), oauth.ErrExists), s.Links().DeleteAll(ctx, "bert"),
	)
}

func failed[V any](_ V, err error) error { return err }

// methodVerbs are the verbs of the methods' views.
var methodVerbs = []verb{
	{"totp.Load", 1, func(ctx context.Context, s *redisstore.Store) error { return failed(s.TOTP().Load(ctx, "anna")) }},
	{"totp.Enrol", 1, func(ctx context.Context, s *redisstore.Store) error {
		return unless(s.TOTP().Enrol(ctx, enrolmentOf("anna")), totp.ErrExists)
	}},
	{"totp.Advance", 1, func(ctx context.Context, s *redisstore.Store) error {
		return failed(s.TOTP().Advance(ctx, "anna", "e", 2))
	}},
	{"totp.Spend", 1, func(ctx context.Context, s *redisstore.Store) error {
		_, _, err := s.TOTP().Spend(ctx, "anna", "e", []byte("a"))
		return err
	}},
	{"totp.Replace", 1, func(ctx context.Context, s *redisstore.Store) error {
		return s.TOTP().Replace(ctx, "anna", "e", [][]byte{[]byte("c")})
	}},
	{"totp.Delete", 1, func(ctx context.Context, s *redisstore.Store) error { return failed(s.TOTP().Delete(ctx, "bert")) }},

	{"passkeys.Handle", 1, func(ctx context.Context, s *redisstore.Store) error {
		return failed(s.Passkeys().Handle(ctx, "anna", []byte("h")))
	}},
	{"passkeys.Add", 3, func(ctx context.Context, s *redisstore.Store) error {
		return s.Passkeys().Add(ctx, passkeyOf("bert", random()))
	}},
	{"passkeys.Add of one that is there", 2, func(ctx context.Context, s *redisstore.Store) error {
		return unless(s.Passkeys().Add(ctx, passkeyOf("anna", "p")), webauthn.ErrExists)
	}},
	{"passkeys.Load", 1, func(ctx context.Context, s *redisstore.Store) error {
		return failed(s.Passkeys().Load(ctx, []byte("p")))
	}},
	{"passkeys.List", 2, func(ctx context.Context, s *redisstore.Store) error { return failed(s.Passkeys().List(ctx, "anna")) }},
	{"passkeys.Advance", 1, func(ctx context.Context, s *redisstore.Store) error {
		return failed(s.Passkeys().Advance(ctx, []byte("p"), webauthn.Use{From: 1, To: 1, At: present}))
	}},
	{"passkeys.Rename", 1, func(ctx context.Context, s *redisstore.Store) error {
		return s.Passkeys().Rename(ctx, "anna", []byte("p"), "new")
	}},
	{"passkeys.Delete of none", 1, func(ctx context.Context, s *redisstore.Store) error {
		return failed(s.Passkeys().Delete(ctx, "anna", []byte("none")))
	}},
	{"passkeys.DeleteAll of none", 2, func(ctx context.Context, s *redisstore.Store) error { return s.Passkeys().DeleteAll(ctx, "nobody") }},

	{"apikeys.Create", 3, func(ctx context.Context, s *redisstore.Store) error {
		return s.APIKeys().Create(ctx, apiKeyOf("bert", random(), 1))
	}},
	{"apikeys.Load", 1, func(ctx context.Context, s *redisstore.Store) error { return failed(s.APIKeys().Load(ctx, "k")) }},
	{"apikeys.List", 2, func(ctx context.Context, s *redisstore.Store) error { return failed(s.APIKeys().List(ctx, "anna", 10)) }},
	{"apikeys.Replace", 1, func(ctx context.Context, s *redisstore.Store) error {
		return failed(s.APIKeys().Replace(ctx, apiKeyOf("anna", "k", 2)))
	}},
	{"apikeys.Delete of none", 1, func(ctx context.Context, s *redisstore.Store) error {
		return unless(failed(s.APIKeys().Delete(ctx, "anna", "none")), apikey.ErrNotFound)
	}},
	{"apikeys.DeleteAll of none", 1, func(ctx context.Context, s *redisstore.Store) error { return s.APIKeys().DeleteAll(ctx, "nobody") }},

	{"links.Add", 3, func(ctx context.Context, s *redisstore.Store) error {
		return s.Links().Add(ctx, linkOf("bert", random()))
	}},
	{"links.Load", 1, func(ctx context.Context, s *redisstore.Store) error { return failed(s.Links().Load(ctx, "l")) }},
	{"links.List", 2, func(ctx context.Context, s *redisstore.Store) error { return failed(s.Links().List(ctx, "anna")) }},
	{"links.Delete of none", 1, func(ctx context.Context, s *redisstore.Store) error {
		return failed(s.Links().Delete(ctx, "anna", "none"))
	}},
	{"links.DeleteAll of none", 1, func(ctx context.Context, s *redisstore.Store) error { return s.Links().DeleteAll(ctx, "nobody") }},
}
