package sender_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/crafteasy/auth/sender"
)

func TestTemporary(t *testing.T) {
	cause := errors.New("451")
	err := fmt.Errorf("send: %w", sender.Temporary(cause))
	if !sender.IsTemporary(err) || !errors.Is(err, cause) {
		t.Error("the mark or the cause is lost in the chain")
	}
	if sender.IsTemporary(cause) || sender.IsTemporary(nil) || sender.Temporary(nil) != nil {
		t.Error("what is not marked is temporary")
	}
}

func ExampleEmailFunc() {
	var mail sender.Email = sender.EmailFunc(func(_ context.Context, m sender.Message) error {
		fmt.Println("to", m.To)
		return nil
	})
	err := mail.SendEmail(context.Background(), sender.Message{To: "alice@example.com", Text: "…"})
	fmt.Println(err)
	// Output:
	// to alice@example.com
	// <nil>
}

func ExampleSMSFunc() {
	var sms sender.SMS = sender.SMSFunc(func(context.Context, sender.Message) error {
		return sender.Temporary(errors.New("the gateway is busy"))
	})
	err := sms.SendSMS(context.Background(), sender.Message{To: "+46701234567"})
	fmt.Println(sender.IsTemporary(err), err)
	// Output: true the gateway is busy
}

func ExampleTemplates() {
	templates := sender.Templates{
		sender.SignInCode: {
			Subject: `{{.Code}} ist dein Code für {{.AppName}}`,
			SMS:     "{{.Code}} ist dein Code für {{.AppName}}.\n\n@{{.Domain}} #{{.Code}}",
		},
	}
	fmt.Println(len(templates))
	// Output: 1
}
