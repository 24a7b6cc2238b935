package catalogue

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/crafteasy/auth"
)

// TestT05_Window tries the codes of the steps around the present one, and times that a client claims.
func TestT05_Window(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		_, app := e.enrol(ada)
		e.Clock.Advance(10 * step)
		for _, steps := range []int{-3, -2, 2, 3} {
			t.Run(fmt.Sprintf("%+d is refused", steps), func(t *testing.T) {
				preAuth := e.login(ada)
				e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer {
					return e.present("/auth/2fa/verify", preAuth, app.code(t, e, steps))
				})
			})
		}
		for _, steps := range []int{-1, 0, 1} {
			t.Run(fmt.Sprintf("%+d is accepted", steps), func(t *testing.T) {
				if a := e.present("/auth/2fa/verify", e.login(ada), app.code(t, e, steps)); a.status != http.StatusOK {
					t.Errorf("answers %d %s", a.status, a.body)
				}
			})
		}
	})
}

func TestT05_AClientsTimeIsIgnored(t *testing.T) {
	e := alone(t, auth.Config{})
	_, app := e.enrol(ada)
	e.Clock.Advance(10 * step)
	then := e.Clock.Now().Add(-5 * step)
	code := app.code(t, e, -5)
	for name, o := range map[string]option{
		"Date":            header("Date", then.Format(http.TimeFormat)),
		"X-Date":          header("X-Date", then.Format(time.RFC3339)),
		"X-Request-Start": header("X-Request-Start", fmt.Sprintf("t=%d", then.UnixMilli())),
	} {
		t.Run(name, func(t *testing.T) {
			preAuth := e.login(ada)
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer {
				body := fmt.Sprintf(`{"code":%q,"time":%d,"at":%q,"timestamp":%d,"step":%d}`, code, then.Unix(), then.Format(time.RFC3339), then.Unix(), then.Unix()/30)
				return e.post("/auth/2fa/verify", body, key(preAuth), o)
			})
		})
	}
}
