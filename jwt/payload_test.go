package jwt_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/crafteasy/auth/jwt"
)

func TestTheContextGivesCopiesAway(t *testing.T) {
	f := newFixture(t)
	p := f.payload(jwt.TypeUser)
	p.Extra = map[string]any{"roles": []any{"reader", map[string]any{"a": "b"}}, "n": map[string]any{"m": []any{1.0}}}
	original := p.Clone()
	ctx := jwt.NewContext(t.Context(), &p)
	if shared, ok := jwt.Shared(ctx); !ok || shared != &p {
		t.Fatal("Shared copies")
	}
	got, ok := jwt.FromContext(ctx)
	if !ok || !reflect.DeepEqual(got, original) {
		t.Fatalf("%+v", got)
	}
	got.UserID = "root"
	got.Methods[0] = "webauthn"
	got.Extra["x"] = true
	roles := got.Extra["roles"].([]any)
	roles[0] = "admin"
	roles[1].(map[string]any)["a"] = "c"
	got.Extra["n"].(map[string]any)["m"].([]any)[0] = 2.0
	if !reflect.DeepEqual(&p, original) {
		t.Errorf("what one handler changed reached the payload of others: %+v", p)
	}
}

func TestNobodyInTheContext(t *testing.T) {
	for name, ctx := range map[string]context.Context{"empty": t.Context(), "nil": jwt.NewContext(t.Context(), nil)} {
		if p, ok := jwt.FromContext(ctx); p != nil || ok {
			t.Error(name, p, ok)
		}
	}
}

func TestHasMethod(t *testing.T) {
	p := jwt.TokenPayload{Methods: []string{"email_otp", "totp"}}
	if !p.HasMethod("totp") || p.HasMethod("TOTP") || p.HasMethod("") {
		t.Error("a method is its exact name")
	}
}

func TestTheServiceKnowsItsNames(t *testing.T) {
	f := newFixture(t)
	s := f.serve(t, f.keys, jwt.Options{Secret: f.secret, Audience: "api"})
	if f.service.Issuer() != issuer || f.service.Audience() != issuer || s.Audience() != "api" || !s.Now().Equal(f.now) {
		t.Error(s.Issuer(), s.Audience(), s.Now())
	}
}
