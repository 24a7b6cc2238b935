package apikey_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/apikey"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/user"
)

// exampleT stands for a *testing.T.
type exampleT struct{}

func (exampleT) Helper()                           {}
func (exampleT) Cleanup(func())                    {}
func (exampleT) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// A host makes a key for one of its users, and the machine swaps it for a token.
func ExampleService() {
	a := authtest.New(exampleT{}, auth.Config{})
	owner := a.Put(user.User{Email: "ada@example.com", TenantID: "acme"})
	ctx := context.Background()

	made, err := a.APIKeys().Create(ctx, owner.ID, apikey.Spec{Name: "nightly report", Scopes: []string{"tenant", "reports:read"}})
	if err != nil {
		panic(err)
	}
	answer, err := a.APIKeys().Exchange(ctx, made.Key.Code(), made.Secret)
	if err != nil {
		panic(err)
	}
	who, err := a.Authenticate(ctx, answer.Token)
	if err != nil {
		panic(err)
	}
	fmt.Println(who.TokenType, who.UserID == owner.ID, who.TenantID, who.Scope, who.Extra["scopes"], who.Extra["auth_method"])
	// Output: service true acme tenant [tenant reports:read] api_key
}

// The old secret goes on working for an hour, so that the machine can be told the new one in between.
func ExampleService_Rotate() {
	a := authtest.New(exampleT{}, auth.Config{})
	owner := a.Put(user.User{Email: "ada@example.com"})
	ctx := context.Background()
	first, err := a.APIKeys().Create(ctx, owner.ID, apikey.Spec{Name: "ci"})
	if err != nil {
		panic(err)
	}
	second, err := a.APIKeys().Rotate(ctx, owner.ID, first.Key.ID, time.Hour)
	if err != nil {
		panic(err)
	}
	for _, after := range []time.Duration{0, time.Hour} {
		a.Clock.Advance(after)
		for _, secret := range []string{first.Secret, second.Secret} {
			_, err := a.APIKeys().Exchange(ctx, first.Key.Code(), secret)
			fmt.Println(err)
		}
	}
	// Output:
	// <nil>
	// <nil>
	// invalid_api_key: The API key is not valid.
	// <nil>
}

func ExampleParsePublicKey() {
	key, err := apikey.ParsePublicKey(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`)
	fmt.Println(key.Algorithm, key.ID, err)

	_, err = apikey.ParsePublicKey(`{"kty":"oct","k":"c2VjcmV0"}`)
	fmt.Println(err)
	// Output:
	// EdDSA kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k <nil>
	// is or holds a private key, which must not leave its owner
}

// A secret scanner finds a key in a file.
func ExamplePattern() {
	a := authtest.New(exampleT{}, auth.Config{})
	owner := a.Put(user.User{Email: "ada@example.com"})
	made, err := a.APIKeys().Create(context.Background(), owner.ID, apikey.Spec{Name: "ci"})
	if err != nil {
		panic(err)
	}
	file := "export API_KEY=" + made.Secret + "\n"
	found := regexp.MustCompile(apikey.Pattern).FindString(file)
	fmt.Println(found == made.Secret, strings.HasPrefix(found, made.Key.Secrets[0].Prefix))
	// Output: true true
}
