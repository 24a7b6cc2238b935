package otp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/message"
	"github.com/crafteasy/auth/internal/outbox"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// broken is a source of randomness that has failed.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the source is broken") }

// silent is a store that says on standard output what it is told to keep.
type silent struct{ kv.Store }

func (silent) Set(_ context.Context, key string, _ []byte, _ time.Duration) error {
	fmt.Println("STORED", key)
	return nil
}

func (silent) Count(context.Context, string, int64, time.Duration) (int64, time.Duration, error) {
	return 1, time.Minute, nil
}

type noLocks struct{ abuse.Store }

type nobody struct{ user.Store }

func (nobody) Find(context.Context, user.Identifier) (user.User, error) {
	return user.User{ID: "u", Email: "ada@example.com"}, nil
}

type noGate struct{}

func (noGate) SignIn(context.Context, user.User, session.Factor, string) (session.TokenResponse, error) {
	return session.TokenResponse{}, nil
}

func (noGate) Arrive(context.Context, string) (session.Arrival, error) { return session.Arrival{}, nil }

func (noGate) SignInAs(
	context.Context, session.Arrival, session.Factor, string, func(context.Context) (user.User, error),
) (session.TokenResponse, error) {
	return session.TokenResponse{}, nil
}

// TestO09_NoRandomness breaks crypto/rand. Go's answer to that is the end of the program, before a caller could see an error or go
// on with what is no randomness: so this runs in a process of its own, which must end without having stored or sent anything.
func TestO09_NoRandomness(t *testing.T) {
	if os.Getenv("OTP_TEST_BROKEN_RANDOMNESS") != "" {
		sendWithoutRandomness()
		return
	}
	for _, mode := range []string{"working", "broken", "broken after the handle"} {
		t.Run(mode, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestO09_NoRandomness$")
			cmd.Env = append(os.Environ(), "OTP_TEST_BROKEN_RANDOMNESS="+mode)
			out, err := cmd.CombinedOutput()
			did := strings.Contains(string(out), "STORED") || strings.Contains(string(out), "SENT") || strings.Contains(string(out), "ANSWERED")
			if working := mode == "working"; (err == nil) != working || did != working {
				t.Errorf("ended with %v after\n%s", err, out)
			}
		})
	}
}

func sendWithoutRandomness() {
	ring, err := secret.NewRing(secret.New())
	if err != nil {
		panic(err)
	}
	recorder := audit.NewRecorder(audit.SinkFunc(func(context.Context, audit.Event) {}), nil)
	renderer, err := message.New(message.Options{AppName: "test", Origin: "https://auth.example", Domain: "auth.example"})
	if err != nil {
		panic(err)
	}
	box := outbox.New(outbox.Options{
		Email: sender.EmailFunc(func(context.Context, sender.Message) error { fmt.Println("SENT"); return nil }), Renderer: renderer, Audit: recorder,
	})
	guard, err := abuse.New(silent{}, noLocks{}, ring, abuse.Options{})
	if err != nil {
		panic(err)
	}
	s, err := New(silent{}, nobody{}, noGate{}, ring, Options{Email: true, Guard: guard, Outbox: box, Audit: recorder})
	if err != nil {
		panic(err)
	}
	switch os.Getenv("OTP_TEST_BROKEN_RANDOMNESS") {
	case "broken":
		rand.Reader = broken{}
	case "broken after the handle":
		rand.Reader = &once{left: 16}
	}
	_, err = s.Send(context.Background(), Request{Purpose: Login, To: user.Identifier{Kind: user.Email, Value: "ada@example.com"}})
	fmt.Println("ANSWERED", err)
	_ = box.Close(context.Background())
}

// once gives a few bytes and then fails.
type once struct{ left int }

func (o *once) Read(p []byte) (int, error) {
	if o.left < len(p) {
		return 0, errors.New("the source is broken")
	}
	o.left -= len(p)
	return len(p), nil
}
