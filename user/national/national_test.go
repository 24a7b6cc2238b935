package national_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/user/national"
)

// TestN06_NationalSpellingsAreOneNumber brings every spelling of one number to the same account.
func TestN06_NationalSpellingsAreOneNumber(t *testing.T) {
	parse, err := national.Parser("SE")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"070-123 45 67", "0701234567", "+46 70 123 45 67", "0046701234567", "(070) 1234567", "+46 (0)70 123 45 67"} {
		if got, err := parse(s); err != nil || got.Value != "+46701234567" {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "070", "0701234567;ext=1", "0701234567 x1", "tel:0701234567", "07O1234567", "０７０１２３４５６７", "070-123 45 67, 1", "112"} {
		if got, err := parse(s); !errors.Is(err, problem.ErrInvalidRequest) {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
}

func TestAnUnknownCountry(t *testing.T) {
	for _, c := range []string{"", "se", "Sweden", "ZZ"} {
		if _, err := national.Parser(c); err == nil {
			t.Errorf("%q was accepted", c)
		}
	}
}

func ExampleParser() {
	parse, err := national.Parser("SE")
	if err != nil {
		panic(err)
	}
	id, err := parse("070-123 45 67")
	fmt.Println(id.Value, err)
	// Output: +46701234567 <nil>
}
