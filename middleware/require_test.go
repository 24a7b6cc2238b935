package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/middleware"
)

// machineAt is the payload of a service token: its auth_time is the time at which it was made.
func machineAt(at time.Time) *jwt.TokenPayload {
	return &jwt.TokenPayload{UserID: "u", TokenType: jwt.TypeService, IsSystemUser: true, AuthTime: at, Methods: []string{"api_key"}}
}

func TestGuards(t *testing.T) {
	scope := func(s string) *jwt.TokenPayload { return &jwt.TokenPayload{UserID: "u", Scope: s} }
	proven := func(ago time.Duration, methods ...string) *jwt.TokenPayload {
		return &jwt.TokenPayload{UserID: "u", AuthTime: time.Now().Add(-ago), Methods: methods}
	}
	partner := middleware.RequireScope(jwt.ScopePartner)
	machine := middleware.RequireType(jwt.TypeService)
	passkey := middleware.RequireMethod("webauthn", "totp")
	fresh := middleware.RequireFresh(10 * time.Minute)
	freshly := middleware.RequireFresh(10*time.Minute, "webauthn")
	for _, tt := range []struct {
		rule   string
		guard  func(http.Handler) http.Handler
		caller *jwt.TokenPayload
		want   int
	}{
		{"a guard of scopes refuses who was not let in", partner, nil, 401},
		{"a lower scope does not reach", partner, scope(jwt.ScopeTenant), 403},
		{"no scope does not reach", partner, scope(""), 403},
		{"the scope itself does", partner, scope(jwt.ScopePartner), 200},
		{"a higher scope does", partner, scope(jwt.ScopeSystem), 200},
		{"a guard of kinds refuses who was not let in", machine, nil, 401},
		{"another kind of token is refused", machine, &jwt.TokenPayload{TokenType: jwt.TypeUser}, 403},
		{"the kind passes", machine, &jwt.TokenPayload{TokenType: jwt.TypeService}, 200},
		{"a guard of methods refuses who was not let in", passkey, nil, 401},
		{"another method is refused", passkey, proven(0, "email_otp"), 403},
		{"one of the methods is enough", passkey, proven(0, "email_otp", "totp"), 200},
		{"a guard of times refuses who was not let in", fresh, nil, 401},
		{"who never proved anything is not fresh", fresh, &jwt.TokenPayload{UserID: "u"}, 403},
		{"who proved it long ago is not", fresh, proven(11 * time.Minute), 403},
		{"who proved it just now is", fresh, proven(9 * time.Minute), 200},
		{"a machine is not, whenever its token was made", fresh, machineAt(time.Now()), 403},
		{"nor by a method of machines", middleware.RequireFresh(time.Hour, "api_key"), machineAt(time.Now()), 403},
		{"a fresh proof of another method is refused", freshly, proven(0, "email_otp"), 403},
		{"a fresh proof of the method passes", freshly, proven(0, "webauthn"), 200},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			if tt.caller != nil {
				r = r.WithContext(jwt.NewContext(r.Context(), tt.caller))
			}
			w, reached := httptest.NewRecorder(), false
			tt.guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })).ServeHTTP(w, r)
			if w.Code != tt.want || reached != (tt.want == 200) {
				t.Errorf("answers %d, reached: %t", w.Code, reached)
			}
		})
	}
}
