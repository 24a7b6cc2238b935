package user_test

import (
	"fmt"

	"github.com/crafteasy/auth/user"
)

func ExampleParseEmail() {
	for _, typed := range []string{" Alice@B\u00fccher.DE.", "alice@xn--bcher-kva.de", "Alice <alice@example.com>"} {
		id, err := user.ParseEmail(typed)
		fmt.Println(id.Value, err)
	}
	// Output:
	// alice@xn--bcher-kva.de <nil>
	// alice@xn--bcher-kva.de <nil>
	//  invalid_request: The field "email" is not an e-mail address.
}

func ExampleParsePhone() {
	for _, typed := range []string{"+46 70-123 45 67", "070-123 45 67"} {
		id, err := user.ParsePhone(typed)
		fmt.Println(id.Value, err)
	}
	// Output:
	// +46701234567 <nil>
	//  invalid_request: The field "phone" is not a phone number in international form, such as +46701234567.
}

func ExampleMailboxKey() {
	for _, email := range []string{"al.ice+news@gmail.com", "alice@gmail.com", "al.ice+news@example.com"} {
		fmt.Println(user.MailboxKey(email))
	}
	// Output:
	// alice@gmail.com
	// alice@gmail.com
	// al.ice@example.com
}

func ExamplePhoneCountries() {
	fmt.Println(user.PhoneCountries("+46701234567"), user.PhoneCountries("+14165550123"), user.PhoneCountries("+881612345678"))
	// Output: [SE] [CA] []
}

func ExampleCountryCallingCode() {
	fmt.Println(user.CountryCallingCode("+46701234567"))
	// Output: 46
}

func ExamplePhonePrefix() {
	fmt.Println(user.PhonePrefix("+46701234567") == user.PhonePrefix("+46701239999"))
	// Output: true
}

func ExampleDomain() {
	fmt.Println(user.Domain("alice@example.com"))
	// Output: example.com
}

func ExampleIsCountry() {
	fmt.Println(user.IsCountry("SE"), user.IsCountry("ZZ"))
	// Output: true false
}
