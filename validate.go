package auth

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/memstore"
)

// refuse names the field that is wrong, never its value.
func refuse(field, why string) error { return fmt.Errorf("auth: Config.%s %s", field, why) }

// resolve fills the defaults and refuses what is missing or unsafe.
func (c *Config) resolve() error {
	var err error
	c.base, err = parseIssuer(c.Issuer)
	if err := errors.Join(err, c.resolveKeys(), c.resolveSecret()); err != nil {
		return err // all that everybody must set at once
	}
	for _, check := range []func() error{c.resolveStores, c.resolvePath, c.resolveLives, c.resolveWays, c.resolveSwitch} {
		if err := check(); err != nil {
			return err
		}
	}
	if c.AppName == "" {
		c.AppName = c.base.Hostname()
	}
	if c.Audience == "" {
		c.Audience = c.Issuer
		if c.Namespace != "" {
			c.Audience += "/" + c.Namespace
		}
	}
	return nil
}

// parseIssuer accepts an origin with an optional path, in the one spelling that a verifier will compare with.
func parseIssuer(issuer string) (*url.URL, error) {
	if issuer == "" {
		return nil, refuse("Issuer", "is missing")
	}
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, refuse("Issuer", "is not an absolute URL")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(issuer, "/") || strings.HasSuffix(issuer, "#"):
		return nil, refuse("Issuer", "must have no user, query, fragment, or slash at its end")
	case strings.ToLower(u.Host) != u.Host || u.String() != issuer:
		return nil, refuse("Issuer", "must be spelled in its plain lower-case form")
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return u, nil
	}
	return nil, refuse("Issuer", "must be https; http is for localhost and loopback addresses")
}

// origin is that of the issuer's pages, as browsers spell it: without the port that the scheme implies.
func (c *Config) origin() string {
	host := c.base.Host
	if port := c.base.Port(); port == "443" && c.base.Scheme == "https" || port == "80" && c.base.Scheme == "http" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return c.base.Scheme + "://" + host
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

func (c *Config) resolveKeys() error {
	if c.Disabled {
		return nil
	}
	if c.Keys == nil {
		return refuse("Keys", "is missing")
	}
	return nil
}

func (c *Config) resolveSecret() error {
	if c.Disabled {
		return nil
	}
	if c.Secret.IsZero() {
		return refuse("Secret", "is missing")
	}
	for _, s := range c.PreviousSecrets {
		if s.IsZero() {
			return refuse("PreviousSecrets", "holds an empty secret")
		}
	}
	return nil
}

var namespaceForm = regexp.MustCompile(`^[a-z0-9-]{0,32}$`)

func (c *Config) resolveStores() error {
	for field, v := range map[string]any{
		"Store": c.Store, "KV": c.KV, "Users": c.Users, "Email": c.Email, "SMS": c.SMS, "Audit": c.Audit, "Renderer": c.Renderer,
	} {
		if isTypedNil(v) {
			return refuse(field, "holds a nil pointer")
		}
	}
	if !namespaceForm.MatchString(c.Namespace) {
		return refuse("Namespace", "must be at most 32 of a-z, 0-9 and -")
	}
	if c.Users != nil && c.inMemory() && !c.InsecureMemoryStore && !c.Disabled {
		return refuse("Store", "is missing: with Users set, a restart would drop everybody's second factor (InsecureMemoryStore allows that)")
	}
	if c.Store == nil {
		c.Store = memstore.New(&memstore.Options{Now: c.Now})
	}
	c.Store = c.Store.Namespace(c.Namespace)
	return c.resolveViews()
}

// resolveViews finds out at the start, and not when somebody first needs it, what a back end lacks that nothing else is set for.
func (c *Config) resolveViews() error {
	if isNil(c.Store) {
		return refuse("Store", "has no namespaces")
	}
	for name, view := range map[string]any{
		"Sessions": c.Store.Sessions(), "Locks": c.Store.Locks(), "TOTP": c.Store.TOTP(), "Passkeys": c.Store.Passkeys(),
		"APIKeys": c.Store.APIKeys(), "Links": c.Store.Links(),
	} {
		if isNil(view) {
			return refuse("Store", "lacks the view "+name)
		}
	}
	if c.KV == nil && isNil(c.Store.KV()) {
		return refuse("Store", "lacks the view KV, and Config.KV is not set")
	}
	if c.Users == nil && isNil(c.Store.Users()) {
		return refuse("Store", "lacks the view Users, and Config.Users is not set")
	}
	return nil
}

// inMemory reports whether what lasts does not.
func (c *Config) inMemory() bool {
	_, memory := c.Store.(*memstore.Store)
	return memory || c.Store == nil
}

func isNil(v any) bool { return v == nil || isTypedNil(v) }

// isTypedNil finds the nil pointer in an interface, which is not nil and panics at its first use.
func isTypedNil(v any) bool {
	if v == nil {
		return false
	}
	switch r := reflect.ValueOf(v); r.Kind() { //nolint:exhaustive // the other kinds cannot be nil
	case reflect.Pointer, reflect.Map, reflect.Func, reflect.Slice, reflect.Chan, reflect.Interface:
		return r.IsNil()
	}
	return false
}

func (c *Config) resolvePath() error {
	if c.Path == "" {
		c.Path = "/auth"
	}
	if c.Path[0] != '/' || path.Clean(c.Path) != c.Path || c.Path == "/" || strings.ContainsAny(c.Path, "{}?#% ") {
		return refuse("Path", `must be a plain path such as "/auth"`)
	}
	return nil
}

func (c *Config) resolveLives() error {
	switch c.Profile {
	case ProfileDefault:
	case ProfileStrict:
		if c.TokenLife == 0 {
			c.TokenLife = 15 * time.Minute
		}
		if c.SessionLife == 0 {
			c.SessionLife = 12 * time.Hour
		}
		c.Codes.RequireChallenge = true
	default:
		return refuse("Profile", "is not a profile")
	}
	if !lagged(c.RevocationLag) {
		return refuse("RevocationLag", "must be 0, or from 100 milliseconds to 1 minute")
	}
	for field, d := range map[string]time.Duration{"TokenLife": c.TokenLife, "SessionLife": c.SessionLife, "Leeway": c.Leeway, "Codes.TTL": c.Codes.TTL} {
		if d < 0 {
			return refuse(field, "must not be negative")
		}
	}
	return nil
}

// lagged reports whether requests may know of what was ended this late.
func lagged(d time.Duration) bool {
	return d == 0 || d >= session.ShortestLag && d <= session.LongestLag
}

func (c *Config) resolveWays() error {
	if c.SMS != nil && len(c.SMSCountries) == 0 {
		return refuse("SMSCountries", "is missing: it says which countries' numbers are sent to")
	}
	if c.Renderer != nil && (c.Templates != nil || c.Languages != nil) {
		return refuse("Templates", "and Languages replace texts of the default renderer, and Renderer is another one")
	}
	if !c.Disabled && c.Email == nil && c.SMS == nil && !c.hasProviders() {
		return refuse("Email", "is missing, and nothing else is set that signs people in")
	}
	if !c.Disabled && c.Profile == ProfileStrict && !c.hasProviders() && !c.hasPasskeys() {
		return refuse("Profile", "strict signs nobody in by mail or SMS, and there are neither passkeys nor providers")
	}
	return nil
}

// localDevelopment is the word that allows what must never happen by accident.
const localDevelopment = "local development"

func (c *Config) resolveSwitch() error {
	if !c.Disabled {
		if c.InsecureDisableAuth != "" {
			return refuse("InsecureDisableAuth", "is set without Disabled")
		}
		return nil
	}
	if c.InsecureDisableAuth != "" && c.InsecureDisableAuth != localDevelopment {
		return refuse("InsecureDisableAuth", `must be "local development" or empty`)
	}
	if (!c.inMemory() || c.KV != nil || c.Users != nil) && c.InsecureDisableAuth != localDevelopment {
		return errors.New(`auth: Config.Disabled with a durable store or own users needs Config.InsecureDisableAuth: "local development"`)
	}
	return nil
}
