package abuse_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/store/memstore"
)

// allocated answers the bytes that a call takes, of many calls the mean.
func allocated(f func()) uint64 {
	const times = 200
	f()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range times {
		f()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / times
}

// TestRefusals_CostNoMoreForMore: what a refusal takes does not grow with what the caller sent: a token of any length, an address of the
// longest length, an address of a client in any form.
func TestRefusals_CostNoMoreForMore(t *testing.T) {
	if testutil.Race {
		t.Skip("the race detector allocates too")
	}
	f := fixed(t, abuse.Options{Captcha: &solver{}, CaptchaAlways: true, IPPerMinute: 1, RecipientPerHour: 1})
	f.opts.Audit = nil
	ring, err := secret.NewRing(secret.New())
	must(t, err)
	store := memstore.New(&memstore.Options{Now: f.Now})
	opts := f.opts
	opts.Now = f.Now
	g, err := abuse.New(store.KV(), store.Locks(), ring, opts)
	must(t, err)
	ctx := from("192.0.2.1")
	must(t, g.Request(ctx, netipAddr))
	for _, to := range []string{"a@b.example", strings.Repeat("l", 64) + "@" + strings.Repeat("d.", 90) + "example"} {
		must(t, ask(ctx, g, abuse.Sending{To: email(to), Captcha: "solved " + to}))
	}
	refuses := func(s abuse.Sending) func() {
		return func() {
			if _, err := g.Send(ctx, s); err == nil {
				t.Fatal("it is let through")
			}
		}
	}
	short, long := email("a@b.example"), email(strings.Repeat("l", 64)+"@"+strings.Repeat("d.", 90)+"example")
	least := allocated(refuses(abuse.Sending{To: short, Captcha: "x"}))
	for name, took := range map[string]uint64{
		"a token of 64 KiB":          allocated(refuses(abuse.Sending{To: short, Captcha: strings.Repeat("x", 64<<10)})),
		"a recipient of 254 letters": allocated(refuses(abuse.Sending{To: long, Captcha: "x"})),
	} {
		t.Logf("%s: %d bytes, at the least %d", name, took, least)
		if took > least+1024 {
			t.Errorf("%s: a refusal takes %d bytes, one of a small request %d", name, took, least)
		}
	}
}

// TestTwoMillionKeys prints what memory the counters and locks of two million different callers take. Set AUTH_TEST_BIG to run it.
func TestTwoMillionKeys(t *testing.T) {
	if os.Getenv("AUTH_TEST_BIG") == "" {
		t.Skip("AUTH_TEST_BIG is not set: it takes a minute and half a gigabyte")
	}
	const callers = 2_000_000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	ring, err := secret.NewRing(secret.New())
	must(t, err)
	for name, act := range map[string]func(g *abuse.Guard, i uint64) error{
		"requests of an address": func(g *abuse.Guard, i uint64) error {
			var a [16]byte
			binary.BigEndian.PutUint64(a[:], 0x2a00<<48|i)
			return g.Request(t.Context(), netip.AddrFrom16(a))
		},
		"wrong codes of an address": func(g *abuse.Guard, i uint64) error {
			return g.FailedIP(audit.WithOrigin(t.Context(), audit.Origin{IP: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}).String()}))
		},
		"guesses at an account": func(g *abuse.Guard, i uint64) error {
			return g.Admit(t.Context(), abuse.Subject{Method: "email_otp", ID: fmt.Sprint(i)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := memstore.New(nil)
			g, err := abuse.New(store.KV(), store.Locks(), ring, abuse.Options{})
			must(t, err)
			before, admitted := heap(), 0
			for i := range uint64(callers) {
				if act(g, i) == nil {
					admitted++
				}
			}
			took := heap() - before
			t.Logf("%d callers, %d counted, the others answered 503: %d MiB, %d bytes for each that is counted", callers, admitted, took>>20, took/uint64(admitted))
			if took > 512<<20 {
				t.Errorf("%d MiB are taken", took>>20)
			}
			runtime.KeepAlive(store)
		})
	}
}
