package auth_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/abuse/disposable"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/store/memstore"
)

// never is a CAPTCHA provider that is not asked.
type never struct{ abuse.Captcha }

// guard is one with the default settings.
func guard(t *testing.T, o abuse.Options) *abuse.Guard {
	t.Helper()
	ring, err := secret.NewRing(secret.New())
	if err != nil {
		t.Fatal(err)
	}
	store := memstore.New(nil)
	g, err := abuse.New(store.KV(), store.Locks(), ring, o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestAbuseDocument holds docs/abuse.md equal to the limits in the code. Run it with -update to write it anew.
func TestAbuseDocument(t *testing.T) {
	settings := map[string]string{}
	for option, name := range map[string]string{
		"IPPerMinute": "RATE_IP_PER_MINUTE", "IPFailures": "RATE_IP_FAILURES", "RecipientPerHour": "RATE_RECIPIENT_PER_HOUR", "RecipientPerDay": "RATE_RECIPIENT_PER_DAY",
		"SMSPerPrefix": "RATE_SMS_PREFIX_PER_DAY", "SMSPerCountry": "RATE_SMS_COUNTRY_PER_DAY", "DailyEmail": "DAILY_EMAIL_CAP", "DailySMS": "DAILY_SMS_CAP",
	} {
		for _, s := range auth.Settings() {
			if s.Name == name {
				settings[option] = "`" + name + "`"
			}
		}
	}
	var b strings.Builder
	b.WriteString(abuseHead)
	b.WriteString("| | limit | counts by | window | most | protects | setting |\n|---|---|---|---|---|---|---|\n")
	for i, l := range guard(t, abuse.Options{Captcha: never{}}).Limits() {
		if settings[l.Option] == "" {
			t.Errorf("%s has no setting", l.Name)
		}
		most := fmt.Sprint(l.Max)
		if l.Name == "recipient_day" {
			most += fmt.Sprintf(", %d without CAPTCHA", guard(t, abuse.Options{}).Limits()[i].Max)
		}
		fmt.Fprintf(&b, "| %d | `%s` | %s | %s | %s | %s | %s |\n", i+1, l.Name, l.Key, window(l), most, l.Protects, settings[l.Option])
	}
	b.WriteString(abuseWaits)
	b.WriteString("| wait | counts by | free failures | then | failures are forgotten | protects | setting |\n|---|---|---|---|---|---|---|\n")
	for _, w := range guard(t, abuse.Options{}).Backoffs() {
		set := settings[w.Option]
		if set == "" {
			set = "–"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %d | %s, doubling to %s | %s | %s | %s |\n", w.Name, w.Key, w.Free, span(w.First), span(w.Longest), w.Forgotten, w.Protects, set)
	}
	fmt.Fprintf(&b, abuseRest, abuse.MostFailures, abuse.MostFailures, abuse.BreakerShare, disposable.New().Len())
	golden(t, "docs/abuse.md", b.String())
}

func window(l abuse.Limit) string {
	if l.Calendar {
		return "a day, UTC"
	}
	return span(l.Window)
}

func span(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

const abuseHead = `# Limits

Generated from the limits in the code; ` + "`go test . -run TestAbuseDocument -update`" + ` writes it anew. All of it is on by default, except CAPTCHA, which needs a provider.

A request passes the layers in this order, the cheapest first. Each refuses before the next counts anything: a request over a limit costs no code, no call to a
CAPTCHA provider and no message, and the n-th counting layer at most n + 1 round trips to the store. Who holds the address is read while layer 3 counts the recipient, and not
before: a refusal there says nothing about it, and waits for it whoever it is.

1. **Disposable addresses**: a list in memory. 400 ` + "`disposable_email`" + `, whether or not an account has the address.
2. **The address of the client**: so many public POSTs, and ways to a provider and back, in a minute, then the wait after wrong codes.
3. **The recipient**: so many messages in an hour and in a day, counted alike whether or not an account exists.
4. **What all share**: for text messages the block of numbers, the country and the day; for mail the day. It is looked at when a message is asked for and counted when one
   leaves, so that requests for addresses without an account use up nothing that others need.
5. **CAPTCHA**: after wrong codes of the address or for the recipient, or always. 400 ` + "`captcha_required`" + ` or ` + "`captcha_failed`" + `; 503 while the provider is down.

A refusal by a limit is 429 ` + "`rate_limited`" + ` with ` + "`Retry-After`" + `, and exactly one event, ` + "`limit.reached`" + `, whose reason is the name in the table.

## Limits

`

const abuseWaits = `
Windows begin with the first hit and end when they end, whatever comes in between; those of a day begin at midnight UTC. The address of the client is that of the connection, or what a
named proxy says (` + "`TRUSTED_PROXIES`" + `); an IPv6 address counts as its /64, and a mapped one as its IPv4 address. A mailbox counts once, whatever its plus tags (and dots, at Gmail).

## Waits after failures

`

const abuseRest = `
**Guesses at a code.** A code takes five guesses with its handle and five without (` + "`OTP_MAX_ATTEMPTS`" + `), counted before anything is compared. Failures of a mailbox or number survive a new code, a new flow,
a restart and parallel requests. While it waits, guesses without a handle are refused uncompared, known or unknown alike. Guesses with the handle of a live code are bounded by that code and by the
sending limits alone, so that nobody can lock an owner out. Codes are never disabled: after %d failures only guesses with a handle are admitted, and a right one ends that.

**Guesses at a second factor** (authenticator app, recovery codes, a passkey after another factor) count for the account, over all its factors and routes. At %d consecutive failures they are disabled until
` + "`ResetSecondFactor`" + `; signing in by a passkey alone still works.

**Guesses at an API key** count for the key and the address of the client. A right key is admitted whatever was guessed elsewhere: it has too many bits to be guessed, and an old
key somewhere must not stop the others.

**Success** clears the failures of that account and kind of factor. It clears nothing of other accounts, and nothing of the address.

**A clock** that is set back shortens no wait and makes none longer than it was; one that is set forward forgets no failure.

## Text messages

Numbers of countries that are not on ` + "`SMS_COUNTRIES`" + ` answer like a success and nothing is sent; numbers of no country are never served. When half of a block's messages of a day are sent (` + "`Limits.SMSBreakerAfter`" + `) and fewer than
%d %% of the codes have come back, the block gets no more until they do, or until the day is over. The first refusal is the event ` + "`sms.pumping_suspected`" + `, which names the block. Somebody who owns the
numbers can type the codes; the limits of the block, the country and the day then bound the bill.

## Notices

An owner hears of what changed about the account, and who is signed in can repeat a change. So a mailbox or number gets so many notices a day and no more (` + "`notice_day`" + `), which no code counts against; one that
goes by text message, because the account has no mailbox, counts for its block, its country and the day as well. What is over a limit does not leave and is the event ` + "`limit.reached`" + `; what happened stays
happened. Whoever floods an owner so that the one notice that matters is dropped has sent the others before. A counter that does not answer stops no notice.

## CAPTCHA

Turnstile, hCaptcha and reCAPTCHA, through one client: a JSON true, the host, the action where there is one, and a challenge of the last five minutes; a token counts once. The secrets that providers
publish for tests are refused unless the issuer is on this machine. Where CAPTCHA is on, two of a recipient's messages of a day are kept for who solved one, so that strangers cannot use up an owner's.
While the provider is down, whoever must solve one is told 503; ` + "`abuse.Captcha`" + ` is the place for another policy.

## Disposable addresses

A list of %d domains comes with the library (abuse/disposable/SOURCE.md). The closest entry decides: the domain itself, then each one above it; the host's own entries come before the list. Relays that
forward to a person's own mailbox are accepted. ` + "`make disposable`" + ` brings the list up to date, and ` + "`disposable.List.Reload`" + ` does while the program runs; a list that is empty, too large, broken or half gone changes nothing.

An account does not begin with such an address at a provider either, whoever vouches for it: 400 ` + "`disposable_email`" + `. Who has an account is never locked out by the list: a linked identity signs in.

## More

` + "`Limits.ResendWait`" + ` makes a recipient wait between messages, twice as long each time within the hour; it is off. Five at once are within
the hour's limit, and a client that asks five times in a row is answered five times: a person whose mail is slow asks again at once, and a wait would refuse what the table allows. Where every
resend costs money, 30 seconds are a good wait; the refusal is 429 with ` + "`Retry-After`" + ` like any other. ` + "`Limits.DryRun`" + ` logs what the limits on requests and
messages would refuse, and lets it through; guesses never are.

People behind one address (an office, a carrier) share its limits; ` + "`RATE_IP_PER_MINUTE`" + ` raises the free failures along with the requests. A stranger can use up what may be sent to a mailbox in an hour: its owner
then gets in by the code that is under way, by another method, or later, and without CAPTCHA on the next day at the latest. Where sign-up is open, messages to new addresses leave too, and count for the day of all.

Counters live where everything that expires lives; locks last. Both see keyed MACs and nobody's address. A store that fails is 503: no limit is ever skipped.
The memory store keeps a million counters, in about 170 MiB; a further caller is told 503 until others have expired. It keeps a million locks in as much again: those of fewer than five failures make room for others.
`

// TestProtectionSettings: New refuses what is unsafe, and names the field.
func TestProtectionSettings(t *testing.T) {
	with := func(change func(c *auth.Config)) error {
		c, err := auth.ConfigFrom(lookup(valid(t)))
		if err != nil {
			t.Fatal(err)
		}
		c.Email = discard
		if c.Captcha.Secret, err = auth.SecretFromText("0x4AAAAAAAexampleexampleexample-secret"); err != nil {
			t.Fatal(err)
		}
		c.Captcha.Provider = "turnstile"
		change(&c)
		a, err := auth.New(c)
		if err == nil {
			_ = a.Close(t.Context())
		}
		return err
	}
	dummy, err := auth.SecretFromText("1x0000000000000000000000000000000AA")
	if err != nil {
		t.Fatal(err)
	}
	for rule, c := range map[string]struct {
		change func(c *auth.Config)
		names  string // empty: it is accepted
	}{
		"a provider and its secret":         {func(*auth.Config) {}, ""},
		"a provider without a secret":       {func(c *auth.Config) { c.Captcha.Secret = auth.Secret{} }, "Config.Captcha"},
		"a secret without a provider":       {func(c *auth.Config) { c.Captcha.Provider = "" }, "Config.Captcha"},
		"an unknown provider":               {func(c *auth.Config) { c.Captcha.Provider = "friendly" }, "Config.Captcha"},
		"an empty host":                     {func(c *auth.Config) { c.Captcha.Hostnames = []string{""} }, "Config.Captcha"},
		"the secret for tests":              {func(c *auth.Config) { c.Captcha.Secret = dummy }, "Config.Captcha"},
		"the secret for tests, on loopback": {func(c *auth.Config) { c.Captcha.Secret, c.Issuer = dummy, "http://localhost:8080" }, ""},
		"a wait of two hours":               {func(c *auth.Config) { c.Limits.ResendWait = 2 * time.Hour }, "Config.Limits"},
		"a cap of less than nothing":        {func(c *auth.Config) { c.Limits.DailySMS = -1 }, "Config.Limits"},
		"a domain that is none":             {func(c *auth.Config) { c.Disposable.Block = []string{"com"} }, "Config.Disposable"},
	} {
		t.Run(rule, func(t *testing.T) {
			err := with(c.change)
			if (err == nil) != (c.names == "") || err != nil && (!strings.Contains(err.Error(), c.names) || strings.Contains(err.Error(), "secret-")) {
				t.Errorf("got %v, want a refusal of %q", err, c.names)
			}
		})
	}
}
