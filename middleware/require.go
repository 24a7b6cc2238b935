package middleware

import (
	"net/http"
	"slices"
	"time"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/jwt"
)

// reach orders the scopes: a higher one passes for a lower one.
var reach = map[string]int{jwt.ScopeTenant: 1, jwt.ScopePartner: 2, jwt.ScopeSystem: 3}

// RequireScope lets only callers through whose scope reaches as far as scope or further: system > partner > tenant. It panics when
// scope is none of them. Put it behind [RequireAuth].
func RequireScope(scope string) func(http.Handler) http.Handler {
	least, ok := reach[scope]
	if !ok {
		panic("middleware: RequireScope: a scope is tenant, partner or system; those of API keys are in the payload's Extra")
	}
	return require(func(p *jwt.TokenPayload) error {
		if reach[p.Scope] < least {
			return problem.ErrInsufficientScope
		}
		return nil
	})
}

// RequireType lets only callers through whose token is of one of the types. Put it behind [RequireAuth].
func RequireType(types ...jwt.TokenType) func(http.Handler) http.Handler {
	return require(func(p *jwt.TokenPayload) error {
		if !slices.Contains(types, p.TokenType) {
			return problem.ErrWrongTokenType
		}
		return nil
	})
}

// RequireMethod lets only callers through who proved themselves by one of the methods, named as in amr. Others must sign in
// again. Put it behind [RequireAuth].
func RequireMethod(methods ...string) func(http.Handler) http.Handler {
	return require(func(p *jwt.TokenPayload) error {
		if !slices.ContainsFunc(methods, p.HasMethod) {
			return problem.ErrReauthenticationRequired
		}
		return nil
	})
}

// RequireFresh lets only people through who proved themselves at most maxAge ago, by one of the methods where some are named (ASVS
// 7.5.3); others are refused with reauthentication_required. Machines prove nothing again and are refused always. Put it behind
// [RequireAuth].
func RequireFresh(maxAge time.Duration, methods ...string) func(http.Handler) http.Handler {
	return requireAt(func(p *jwt.TokenPayload, now time.Time) error {
		if !Fresh(p, maxAge, now) || (len(methods) > 0 && !slices.ContainsFunc(methods, p.HasMethod)) {
			return problem.ErrReauthenticationRequired
		}
		return nil
	})
}

// Fresh reports whether a person proved themselves at most maxAge before now. It is false for every machine: the auth_time of a service
// token is when the token was made, so that a stored key would be fresh at will.
func Fresh(p *jwt.TokenPayload, maxAge time.Duration, now time.Time) bool {
	if p.TokenType == jwt.TypeService {
		return false
	}
	return !p.AuthTime.IsZero() && now.Sub(p.AuthTime) <= maxAge
}

func require(judge func(p *jwt.TokenPayload) error) func(http.Handler) http.Handler {
	return requireAt(func(p *jwt.TokenPayload, _ time.Time) error { return judge(p) })
}

// requireAt refuses callers that judge refuses. A request without a caller was not let through RequireAuth and is refused too.
func requireAt(judge func(p *jwt.TokenPayload, now time.Time) error) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p, ok := jwt.Shared(r.Context())
			if !ok {
				web.WriteError(w, r, problem.ErrAuthenticationRequired)
				return
			}
			if err := judge(p, web.HostFrom(r.Context()).Time()); err != nil {
				web.WriteError(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
