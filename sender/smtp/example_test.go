package smtp_test

import (
	"fmt"

	"github.com/crafteasy/auth/sender/smtp"
)

func ExampleParse() {
	opts, err := smtp.Parse("smtp://mailer:secret@mail.example.com?from=Example%20<noreply@example.com>")
	if err != nil {
		panic(err)
	}
	mail, err := smtp.New(opts)
	fmt.Println(mail, err)
	// Output: smtp sender by mail.example.com <nil>
}
