package auth_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
)

var update = flag.Bool("update", false, "write the generated documents anew")

// TestSettingsDocument holds docs/settings.md equal to the table in the code. Run it with -update to write it anew.
func TestSettingsDocument(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Settings\n\nGenerated from the table that `auth.ConfigFromEnv` reads; `go test . -run TestSettingsDocument -update` writes it anew.\n")
	b.WriteString("A value that is unknown or unsafe is an error that names the setting and never its value. The example server reads the same names, and for what\n" +
		"is not the library's: `REDIS_URL`, `MONGO_URI`, `SMTP_URL`, `TWILIO_ACCOUNT_SID`, `TWILIO_AUTH_TOKEN`, and `TWILIO_FROM` or `TWILIO_MESSAGING_SERVICE_SID`.\n" +
		"What is missing, and what does not go together, is an error of `auth.New`, which names the field of `auth.Config`: `Issuer` for `AUTH_ISSUER`.\n\n")
	b.WriteString("| name | default | |\n|---|---|---|\n")
	for _, s := range auth.Settings() {
		def := "–"
		if s.Default != "" {
			def = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, def, strings.ReplaceAll(s.Doc, "|", `\|`))
	}
	golden(t, "docs/settings.md", b.String())
}

// golden compares a generated document with the one in the tree.
func golden(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the code says; run the test with -update", path)
	}
}

// valid is an environment that needs nothing more.
func valid(t *testing.T) map[string]string {
	t.Helper()
	pem, err := keys(t).PrivatePEM()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"AUTH_ISSUER":     "https://example.com",
		"AUTH_SECRET":     "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
		"JWT_PRIVATE_KEY": string(pem),
	}
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}

func TestConfigFromAValidEnvironment(t *testing.T) {
	env := valid(t)
	env["JWT_PRIVATE_KEY"] = strings.ReplaceAll(env["JWT_PRIVATE_KEY"], "\n", `\n`)
	env["AUTH_SECRET"] = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY" // URL base64 without padding
	env["TRUSTED_PROXIES"] = "10.0.0.0/8, fd12:3456::/32"
	env["SMS_COUNTRIES"] = ""
	c, err := auth.ConfigFrom(lookup(env))
	if err != nil {
		t.Fatal(err)
	}
	c.Email = discard
	a, err := auth.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if len(c.TrustedProxies) != 2 || c.SignUp || c.Codes.Length != 6 {
		t.Errorf("settings did not arrive: %v %v %v", c.TrustedProxies, c.SignUp, c.Codes.Length)
	}
}

// TestL04_UnsafeSettings refuses each unsafe value by the name of its setting, and repeats no value.
func TestL04_UnsafeSettings(t *testing.T) {
	weak := "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw" // 30 bytes
	for _, c := range []struct{ rule, name, value string }{
		{"a misspelled switch is no switch", "AUTH_ENABLED", "flase"},
		{"a capital False is no switch", "AUTH_ENABLED", "False "},
		{"0 is no switch", "AUTH_ENABLED", "0"},
		{"no is no switch", "AUTH_ENABLED", "no"},
		{"FALSE is no switch", "AUTH_ENABLED", "FALSE"},
		{"an empty switch is no switch", "AUTH_ENABLED", ""},
		{"a short secret", "AUTH_SECRET", weak},
		{"a secret of one byte repeated", "AUTH_SECRET", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
		{"a secret that is not base64", "AUTH_SECRET", "correct horse battery staple"},
		{"a missing secret", "AUTH_SECRET", ""},
		{"a short previous secret", "AUTH_PREVIOUS_SECRETS", weak},
		{"an empty previous secret", "AUTH_PREVIOUS_SECRETS", ","},
		{"a missing issuer", "AUTH_ISSUER", ""},
		{"a plain http issuer", "AUTH_ISSUER", "http://example.com"},
		{"an issuer with a slash at its end", "AUTH_ISSUER", "https://example.com/"},
		{"an issuer with a user", "AUTH_ISSUER", "https://me@example.com"},
		{"an issuer with a query", "AUTH_ISSUER", "https://example.com?a=b"},
		{"an issuer in capitals", "AUTH_ISSUER", "https://Example.com"},
		{"an issuer that is no URL", "AUTH_ISSUER", "example.com"},
		{"another algorithm", "JWT_ALGORITHM", "HS256"},
		{"an algorithm in another case", "JWT_ALGORITHM", "es512"},
		{"a missing key", "JWT_PRIVATE_KEY", ""},
		{"a key that is none", "JWT_PRIVATE_KEY", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----"},
		{"a public key that does not match", "JWT_PUBLIC_KEY", otherPublicPEM},
		{"a token life over an hour", "JWT_USER_EXPIRY_MINUTES", "61"},
		{"a token life of nothing", "JWT_USER_EXPIRY_MINUTES", "0"},
		{"a session life over 30 days", "JWT_REFRESH_MAX_LIFETIME_MINUTES", "43201"},
		{"a session without an end", "JWT_REFRESH_MAX_LIFETIME_MINUTES", "0"},
		{"a lag of less than nothing", "REVOCATION_LAG", "-5s"},
		{"a lag that asks all the time", "REVOCATION_LAG", "99ms"},
		{"a lag over a minute", "REVOCATION_LAG", "61s"},
		{"a lag without a unit", "REVOCATION_LAG", "500"},
		{"a code of five digits", "OTP_LENGTH", "5"},
		{"a code that lives too long", "OTP_EXPIRY_SECONDS", "601"},
		{"a code that lives no time", "OTP_EXPIRY_SECONDS", "-1"},
		{"too many guesses", "OTP_MAX_ATTEMPTS", "11"},
		{"a limit of nothing", "RATE_IP_PER_MINUTE", "0"},
		{"a limit that is no number", "RATE_RECIPIENT_PER_HOUR", "5e3"},
		{"a limit with a sign", "RATE_RECIPIENT_PER_DAY", "+5"},
		{"a cap of nothing", "DAILY_EMAIL_CAP", "0"},
		{"a cap that is no number", "DAILY_SMS_CAP", "unlimited"},
		{"free failures of less than nothing", "RATE_IP_FAILURES", "-5"},
		{"a block of numbers without messages", "RATE_SMS_PREFIX_PER_DAY", "0"},
		{"a country without messages", "RATE_SMS_COUNTRY_PER_DAY", "0"},
		{"a switch for disposable addresses that is none", "BLOCK_DISPOSABLE_EMAILS", "yes"},
		{"a CAPTCHA provider that is none", "CAPTCHA_PROVIDER", "Turnstile"},
		{"a CAPTCHA provider without its secret", "CAPTCHA_PROVIDER", "turnstile"},
		{"a CAPTCHA secret that is none", "CAPTCHA_SECRET", "hunter2"},
		{"CAPTCHA settings without a provider", "CAPTCHA_SITE_KEY", "0x4AAAAAAA"},
		{"failures before a CAPTCHA of less than nothing", "CAPTCHA_AFTER_FAILURES", "-1"},
		{"trusting everybody", "TRUSTED_PROXIES", "0.0.0.0/0"},
		{"trusting everybody by IPv6", "TRUSTED_PROXIES", "::/0"},
		{"a proxy without a mask", "TRUSTED_PROXIES", "10.0.0.1"},
		{"a profile that is none", "AUTH_PROFILE", "lax"},
		{"a path with a wildcard", "AUTH_PATH", "/{all}"},
		{"a path that another router reads otherwise", "AUTH_PATH", "/a//b"},
		{"sign-up that is neither open nor closed", "SIGN_UP", "maybe"},
		{"a cookie mode that is neither on nor off", "COOKIE_MODE", "lax"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			env := valid(t)
			env[c.name] = c.value
			conf, err := auth.ConfigFrom(lookup(env))
			if err == nil {
				conf.Email = discard
				_, err = auth.New(conf)
			}
			if err == nil {
				t.Fatal("it was accepted")
			}
			if !strings.Contains(err.Error(), c.name) && !strings.Contains(err.Error(), fieldOf[c.name]) {
				t.Errorf("the refusal does not name the setting: %v", err)
			}
			if len(c.value) > 3 && strings.Contains(err.Error(), c.value) {
				t.Errorf("the refusal repeats the value: %v", err)
			}
		})
	}
}

// fieldOf are the fields that New names for a setting it alone can judge.
var fieldOf = map[string]string{
	"CAPTCHA_PROVIDER": "Config.Captcha", "CAPTCHA_SITE_KEY": "Config.Captcha",
	"AUTH_ISSUER": "Config.Issuer", "AUTH_SECRET": "Config.Secret", "AUTH_PATH": "Config.Path", "TRUSTED_PROXIES": "Config.TrustedProxies",
}
