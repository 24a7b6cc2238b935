package auth

import (
	"errors"
	"math"
	"net/netip"
	"time"
)

// Setting is one row of the table of settings.
type Setting struct {
	// Name is that of the environment variable.
	Name string
	// Default is what holds when it is not set; empty where nothing does.
	Default string
	// Doc says what it sets, in one sentence.
	Doc string

	set          func(c *Config, v string) error
	emptyIsUnset bool
}

// Settings answers the table that [ConfigFromEnv] reads, in the order of its documentation.
func Settings() []Setting { return append([]Setting(nil), settings...) }

func row(name, def, doc string, set func(*Config, string) error) Setting {
	return Setting{Name: name, Default: def, Doc: doc, set: set, emptyIsUnset: true}
}

// elsewhere is a row that keysFrom reads.
func elsewhere(*Config, string) error { return nil }

// most is the upper bound where the type is the only one.
const most = math.MaxInt32

var settings = []Setting{
	{
		Name: "AUTH_ENABLED", Default: "true",
		Doc: "false switches authentication off for local work: every loopback caller is anonymous, all others are refused. Nothing but true and false is accepted, not even an empty value.",
		set: func(c *Config, v string) error {
			on, err := boolean(v)
			c.Disabled = err == nil && !on
			return err
		},
	},
	row("AUTH_ISSUER", "", "Required. The base URL of the service, https but for localhost and loopback, without a slash at its end.", setText(func(c *Config) *string { return &c.Issuer })),
	row("AUTH_AUDIENCE", "", "Who the tokens are for. Default: the issuer.", setText(func(c *Config) *string { return &c.Audience })),
	row("AUTH_PATH", "/auth", "The mount point of the endpoints.", setText(func(c *Config) *string { return &c.Path })),
	row("AUTH_SECRET", "", "Required. At least 32 random bytes in standard or URL base64, as `openssl rand -base64 32` makes them.", func(c *Config, v string) (err error) {
		if c.Secret, err = ParseSecret(v); err != nil {
			return errSecret
		}
		return nil
	}),
	row("AUTH_PREVIOUS_SECRETS", "", "Older secrets, separated by commas, that are still accepted.", func(c *Config, v string) error {
		items, err := list(v)
		if err != nil {
			return err
		}
		for _, item := range items {
			s, err := ParseSecret(item)
			if err != nil {
				return errSecret
			}
			c.PreviousSecrets = append(c.PreviousSecrets, s)
		}
		return nil
	}),
	row("AUTH_PROFILE", "default", "default or strict. strict: no sign-in by mail or SMS, tokens of 15 minutes, sessions of 12 hours, codes only with their challenge.", func(c *Config, v string) error {
		switch v {
		case "default":
			c.Profile = ProfileDefault
		case "strict":
			c.Profile = ProfileStrict
		default:
			return errors.New("must be default or strict")
		}
		return nil
	}),
	row("COOKIE_MODE", "false", "true gives the token of a person to the browser in a cookie, __Host-auth, and leaves it out of the answer. For hosts that serve pages: docs/cookies.md.", setBool(func(c *Config) *bool { return &c.CookieMode })),
	row("JWT_ALGORITHM", "ES512", "Nothing else is accepted.", func(_ *Config, v string) error {
		if v != "ES512" {
			return errors.New("must be ES512")
		}
		return nil
	}),
	row("JWT_PRIVATE_KEY", "", "Required. A P-521 key in PEM, SEC 1 or PKCS #8, as `openssl ecparam -genkey -name secp521r1` makes it; line breaks may be written as \\n.", elsewhere),
	row("JWT_PUBLIC_KEY", "", "Its public key in PEM. May be left out; one that does not match is an error.", elsewhere),
	row("JWT_PREVIOUS_PUBLIC_KEYS", "", "Public keys in PEM, one after the other, that still verify.", elsewhere),
	row("JWT_USER_EXPIRY_MINUTES", "", "Life of a user or service token in minutes, at most 60. Default: 30; strict 15.", setSpan(time.Minute, 1, 60, func(c *Config) *time.Duration { return &c.TokenLife })),
	row("JWT_REFRESH_MAX_LIFETIME_MINUTES", "", "Absolute life of a session in minutes, at most 43200 (30 days). Default: 43200; strict 720.", setSpan(time.Minute, 1, 43200, func(c *Config) *time.Duration { return &c.SessionLife })),
	row("REVOCATION_LAG", "0", "0, or how old a request's knowledge of what other instances ended may be, from 100ms to 1m: requests are then judged from memory, and not by asking the store. A duration such as 5s.", func(c *Config, v string) (err error) {
		if c.RevocationLag, err = time.ParseDuration(v); err != nil || !lagged(c.RevocationLag) {
			return errors.New("must be 0, or a duration from 100ms to 1m")
		}
		return nil
	}),
	row("SIGN_UP", "false", "true creates an account for whoever proves an unknown address.", setBool(func(c *Config) *bool { return &c.SignUp })),
	row("OTP_LENGTH", "6", "Digits of a code, from 6 to 10.", setNumber(6, 10, func(c *Config) *int { return &c.Codes.Length })),
	row("OTP_EXPIRY_SECONDS", "300", "Life of a code in seconds, at most 600.", setSpan(time.Second, 1, 600, func(c *Config) *time.Duration { return &c.Codes.TTL })),
	row("OTP_MAX_ATTEMPTS", "5", "Guesses that a code takes, at most 10.", setNumber(1, 10, func(c *Config) *int { return &c.Codes.MaxAttempts })),
	row("TOTP_ISSUER", "", "The service's name in authenticator apps. Default: the host name of the issuer.", setText(func(c *Config) *string { return &c.TOTPIssuer })),
	row("WEBAUTHN_RP_ID", "", "The domain that passkeys belong to, for good. Default: the host name of the issuer; passkeys are off where that is an address.", setText(func(c *Config) *string { return &c.Passkeys.RPID })),
	row("WEBAUTHN_RP_NAME", "", "The service's name as authenticators show it. Default: the host name of the issuer.", setText(func(c *Config) *string { return &c.Passkeys.RPName })),
	row("WEBAUTHN_ORIGINS", "", "Origins of the pages that use passkeys, separated by commas: at the domain or below it, https but for localhost. Default: the origin of the issuer.", setList(func(c *Config) *[]string { return &c.Passkeys.Origins })),
	row("WEBAUTHN_RELATED_ORIGINS", "", "Such origins on other domains, which /.well-known/webauthn publishes.", setList(func(c *Config) *[]string { return &c.Passkeys.RelatedOrigins })),
	row("OAUTH2_PROVIDERS", "", "Sign-in at providers, as JSON: {name: {client_id, client_secret, redirect_uri, ...}}. google, microsoft, github, gitlab and linkedin are known, others give issuer. More members: scopes, hosts, tenants, email_domains, link_verified.", setProviders),
	row("OAUTH2_RETURN_TO", "", "URLs, separated by commas, that a browser may be sent on to after a sign-in at a provider, compared byte by byte; http on this machine alone. Paths of the own origin always may.", setList(func(c *Config) *[]string { return &c.OAuth.ReturnTo })),
	row("M2M_ENABLED", "false", "true turns the token endpoint of OAuth 2.0 client credentials on.", setBool(func(c *Config) *bool { return &c.M2M })),
	row("SMS_COUNTRIES", "", "Countries whose numbers are sent to, by ISO 3166 code and separated by commas, or * for all. Required with SMS.", setList(func(c *Config) *[]string { return &c.SMSCountries })),
	row("RATE_IP_PER_MINUTE", "60", "Public requests that an address may make in a minute.", setNumber(1, most, func(c *Config) *int { return &c.Limits.IPPerMinute })),
	row("RATE_RECIPIENT_PER_HOUR", "5", "Messages to one mailbox or number in an hour.", setNumber(1, most, func(c *Config) *int { return &c.Limits.RecipientPerHour })),
	row("RATE_RECIPIENT_PER_DAY", "10", "Messages to one mailbox or number in a day, and new addresses that one account may name. Of notices three times as many.", setNumber(1, most, func(c *Config) *int { return &c.Limits.RecipientPerDay })),
	row("RATE_IP_FAILURES", "", "Wrong codes that an address may send before it must wait. Default: 5, or a twelfth of RATE_IP_PER_MINUTE where that is more.", setNumber(1, most, func(c *Config) *int { return &c.Limits.IPFailures })),
	row("RATE_SMS_PREFIX_PER_DAY", "", "Text messages to a block of 10000 numbers on a day (UTC). Default: 100, or a tenth of DAILY_SMS_CAP where that is more.", setNumber(1, most, func(c *Config) *int { return &c.Limits.SMSPerPrefix })),
	row("RATE_SMS_COUNTRY_PER_DAY", "", "Text messages to a country on a day (UTC). Default: 500, or half of DAILY_SMS_CAP where that is more; no limit of its own where SMS_COUNTRIES is one country.", setNumber(1, most, func(c *Config) *int { return &c.Limits.SMSPerCountry })),
	row("DAILY_EMAIL_CAP", "10000", "Mails that leave on a day (UTC).", setNumber(1, most, func(c *Config) *int { return &c.Limits.DailyEmail })),
	row("DAILY_SMS_CAP", "1000", "Text messages that leave on a day (UTC).", setNumber(1, most, func(c *Config) *int { return &c.Limits.DailySMS })),
	row("BLOCK_DISPOSABLE_EMAILS", "true", "true refuses addresses of throw-away mailboxes.", func(c *Config, v string) error {
		block, err := boolean(v)
		c.Disposable.Accept = err == nil && !block
		return err
	}),
	row("CAPTCHA_PROVIDER", "", "turnstile, hcaptcha or recaptcha. Without one nobody is asked for a CAPTCHA.", setCaptchaProvider),
	row("CAPTCHA_SECRET", "", "What the provider gave this site. Required with CAPTCHA_PROVIDER. The secrets that providers publish for tests are for localhost alone.", setCaptchaSecret),
	row("CAPTCHA_SITE_KEY", "", "The public key of the site; the refusal that asks for a CAPTCHA carries it.", setText(func(c *Config) *string { return &c.Captcha.SiteKey })),
	row("CAPTCHA_HOSTNAMES", "", "Hosts of the pages that show the challenge, separated by commas. Default: the host of the issuer.", setList(func(c *Config) *[]string { return &c.Captcha.Hostnames })),
	row("CAPTCHA_AFTER_FAILURES", "3", "Wrong codes, of an address or for a recipient, that ask for a CAPTCHA before the next message. 0: always.", setCaptchaAfter),
	row("TRUSTED_PROXIES", "", "Networks in CIDR form, separated by commas, whose X-Forwarded-For is believed. Nothing else is.", func(c *Config, v string) error {
		items, err := list(v)
		if err != nil {
			return err
		}
		for _, item := range items {
			p, err := netip.ParsePrefix(item)
			if err != nil {
				return errors.New("holds an item that is not a network in CIDR form")
			}
			c.TrustedProxies = append(c.TrustedProxies, p)
		}
		return nil
	}),
}

var errSecret = errors.New("must be at least 32 bytes of base64")
