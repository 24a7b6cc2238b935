package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/sender/webhook"
)

// A gateway and its sender. In production the gateway is a service of its own and its URL is https.
func Example() {
	key, err := webhook.ParseSecret("whsec_QSBzZWNyZXQgb2YgdGhpcnR5LXR3byBieXRlcyBvciBtb3Jl")
	if err != nil {
		panic(err)
	}
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 256<<10))
		if err != nil || webhook.Verify(r.Header, body, time.Now(), key) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var m webhook.Payload
		if err := json.Unmarshal(body, &m); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Println(m.Channel, "to", m.To)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer gateway.Close()

	sms, err := webhook.New(webhook.Options{URL: gateway.URL, Secret: key, AllowLoopback: true})
	if err != nil {
		panic(err)
	}
	err = sms.SendSMS(context.Background(), sender.Message{To: "+46701234567", Text: "048213 is your code.", Code: "048213"})
	fmt.Println(err)
	// Output:
	// sms to +46701234567
	// <nil>
}
