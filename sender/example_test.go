package sender_test

import (
	"context"
	"fmt"

	"github.com/crafteasy/auth/sender"
)

func ExampleRendererFunc() {
	var r sender.Renderer = sender.RendererFunc(func(_ context.Context, _ sender.Channel, _ sender.Kind, d sender.Data) (sender.Message, error) {
		return sender.Message{Subject: "Ihr Code", Text: d.Code + " ist Ihr Code für " + d.AppName}, nil
	})
	m, err := r.Render(context.Background(), sender.EmailChannel, sender.SignInCode, sender.Data{AppName: "Beispiel", Code: "048213"})
	fmt.Println(m.Text, err)
	// Output: 048213 ist Ihr Code für Beispiel <nil>
}
