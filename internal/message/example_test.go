package message_test

import (
	"context"
	"fmt"
	"time"

	"github.com/crafteasy/auth/internal/message"
	"github.com/crafteasy/auth/sender"
)

func ExampleRenderer_Render() {
	r, err := message.New(message.Options{AppName: "Example", Origin: "https://example.com"})
	if err != nil {
		panic(err)
	}
	m, err := r.Render(context.Background(), sender.SMSChannel, sender.SignInCode, sender.Data{Code: "048213", Valid: 5 * time.Minute})
	if err != nil {
		panic(err)
	}
	fmt.Println(m.Text)
	// Output:
	// 048213 is your Example sign-in code. Valid for 5 minutes, do not share it.
	//
	// @example.com #048213
}
