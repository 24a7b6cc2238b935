package outbound_test

import (
	"errors"
	"fmt"

	"github.com/crafteasy/auth/internal/outbound"
)

func ExampleNew() {
	resp, err := outbound.New(outbound.Options{}).Get("https://127.0.0.1/jwks.json")
	if err == nil {
		_ = resp.Body.Close()
	}
	fmt.Println(errors.Is(err, outbound.ErrAddress))
	// Output: true
}
