package twilio_test

import (
	"fmt"

	"github.com/crafteasy/auth/sender/twilio"
)

func ExampleNew() {
	sms, err := twilio.New(twilio.Options{
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		APIKey:     "SK0123456789abcdef0123456789abcdef", APISecret: "from the console",
		MessagingServiceSID: "MG0123456789abcdef0123456789abcdef",
	})
	fmt.Println(sms, err)
	// Output: twilio sender <nil>
}
