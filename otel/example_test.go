package authotel_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	authotel "github.com/crafteasy/auth/otel"
)

// stand stands for a *testing.T.
type stand struct{}

func (stand) Helper()                           {}
func (stand) Cleanup(func())                    {}
func (stand) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// The global providers take what is measured, as the program has set them.
func ExampleNew() {
	telemetry, err := authotel.New(nil)
	if err != nil {
		panic(err)
	}
	a := authtest.New(stand{}, auth.Config{Observe: telemetry.Observe, Audit: telemetry})
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/auth/jwks.json", nil))
	fmt.Println(w.Code)
	// Output: 200
}
