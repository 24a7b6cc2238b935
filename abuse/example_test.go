package abuse_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/crafteasy/auth/abuse"
)

// lenient lets people through while the provider is down.
type lenient struct{ abuse.Captcha }

func (l lenient) Verify(ctx context.Context, token string) error {
	if err := l.Captcha.Verify(ctx, token); errors.Is(err, abuse.ErrCaptchaFailed) {
		return err
	}
	return nil
}

// Another policy for a provider that is down is another implementation.
func ExampleCaptcha() {
	down := &solver{err: errors.New("connection refused")}
	fmt.Println(down.Verify(context.Background(), "token"))
	fmt.Println(lenient{down}.Verify(context.Background(), "token"))
	down.err = abuse.ErrCaptchaFailed
	fmt.Println(lenient{down}.Verify(context.Background(), "token"))
	// Output:
	// connection refused
	// <nil>
	// captcha_failed: The CAPTCHA was not solved; try again.
}
