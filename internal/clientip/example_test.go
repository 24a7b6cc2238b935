package clientip_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"github.com/crafteasy/auth/internal/clientip"
)

func ExampleResolver_From() {
	r, err := clientip.New([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	if err != nil {
		panic(err)
	}
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.RemoteAddr = "10.0.0.1:5000"
	req.Header.Set("X-Forwarded-For", "1.2.3.4, 2001:db8:1:2::7, 10.0.0.9")
	client := r.From(req)
	fmt.Println(client)
	fmt.Println(clientip.Bucket(client))
	// Output:
	// 2001:db8:1:2::7
	// 2001:db8:1:2::/64
}
