package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth/totp"
)

// TOTP checks a back end for TOTP enrolments and recovery codes.
func TOTP(t *testing.T, open Open[totp.Store]) {
	t.Helper()
	run(t, open, totpRules())
}

func totpRules() []rule[totp.Store] {
	return slices.Concat(enrolmentRules, stepRules, sealRules, recoveryRules)
}

// anEnrolment has ten recovery codes, whose hashes are [hash](0) to [hash](9).
func anEnrolment(c *clock, userID, id string) totp.Enrolment {
	e := totp.Enrolment{UserID: userID, ID: id, Secret: []byte("\x00\xffsealed" + id), Step: 58_000_000, EnabledAt: c.Now()}
	for i := range 10 {
		e.Codes = append(e.Codes, hash(i))
	}
	return e
}

// hash is 32 bytes, zeros and bytes that are no text among them.
func hash(i int) []byte { return append(bytes.Repeat([]byte{byte(i), 0, 0xff}, 10), 0, byte(i)) }

func enrol(t tb, s totp.Store, e totp.Enrolment) totp.Enrolment {
	t.Helper()
	noError(t, s.Enrol(t.Context(), e), "Enrol")
	return e
}

// wantEnrolment demands that the store answers exactly this enrolment; the order of the codes is its own.
func wantEnrolment(t tb, s totp.Store, want totp.Enrolment) {
	t.Helper()
	got, err := s.Load(t.Context(), want.UserID)
	noError(t, err, "Load")
	slices.SortFunc(got.Codes, bytes.Compare)
	want.Codes = slices.Clone(want.Codes)
	slices.SortFunc(want.Codes, bytes.Compare)
	same(t, len(got.Codes), len(want.Codes), "how many codes are left")
	for i := range want.Codes {
		same(t, string(got.Codes[i]), string(want.Codes[i]), "a code")
	}
	got.Codes, want.Codes = nil, nil
	same(t, got, want, "Load")
}

var enrolmentRules = []rule[totp.Store]{
	{"an enrolment comes back the same in every field", func(t tb, s totp.Store, c *clock) {
		for _, e := range []totp.Enrolment{
			anEnrolment(c, anna, "first"),
			{UserID: bert, ID: "\xff id", Secret: []byte{0}, Step: math.MaxInt64, Codes: [][]byte{hash(200)}, EnabledAt: c.Now().Add(-time.Millisecond)},
			{UserID: "carl", ID: "", Secret: bytes.Repeat([]byte{7}, 4096), Step: 0, EnabledAt: time.UnixMilli(1).UTC()},
			{UserID: "dora", ID: "d", Secret: []byte("s"), Step: 1 << 40, Codes: [][]byte{}, EnabledAt: c.Now()},
		} {
			enrol(t, s, e)
			wantEnrolment(t, s, e)
		}
		full := filled[totp.Enrolment](t)
		full.Codes = [][]byte{hash(0), hash(1)} // a set: what is there twice is there once
		enrol(t, s, full)
		wantEnrolment(t, s, full)
	}},
	{"what is not there is ErrNotFound, false, and no error to delete", func(t tb, s totp.Store, c *clock) {
		enrol(t, s, anEnrolment(c, anna, "first"))
		for _, userID := range []string{"", bert, anna + "x", "ann", "ANNA", "$ne", "{}", "\x00", "*"} {
			wantError(t, second(s.Load(t.Context(), userID)), totp.ErrNotFound, "Load")
			wantNothing(t, s, userID, "first")
			was, err := s.Delete(t.Context(), userID)
			noError(t, err, "Delete")
			same(t, was, false, "Delete")
		}
		wantEnrolment(t, s, anEnrolment(c, anna, "first"))
	}},
	{"a verb that names another enrolment does nothing", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		for _, id := range []string{"", "other", "first ", "$ne", "FIRST"} {
			wantNothing(t, s, anna, id)
		}
		wantEnrolment(t, s, e)
	}},
	{"a user has at most one: Enrol over another is ErrExists and changes nothing", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		again := anEnrolment(c, anna, "second")
		again.Step++
		wantError(t, s.Enrol(t.Context(), again), totp.ErrExists, "Enrol")
		wantError(t, s.Enrol(t.Context(), e), totp.ErrExists, "Enrol the same")
		wantEnrolment(t, s, e)
	}},
	{"of many who Enrol one user at once exactly one does, and its enrolment stays whole", func(t tb, s totp.Store, c *clock) {
		var all [racers]totp.Enrolment
		for i := range all {
			all[i] = anEnrolment(c, anna, fmt.Sprint("racer ", i))
			all[i].Step += int64(i)
		}
		winner := oneWinner(t, func(i int) (bool, error) {
			err := s.Enrol(t.Context(), all[i])
			if errors.Is(err, totp.ErrExists) {
				return false, nil
			}
			return err == nil, err
		})
		wantEnrolment(t, s, all[winner])
	}},
	{"users do not share, whatever their ids are", func(t tb, s totp.Store, c *clock) {
		ids := append(hostileKeys(), "a", "A", "a ", "a:b", "a/b", "{a}", "$a", "ä", "a\u0308", "\xff", "000000000000000000000001", "1", "01")
		for i, userID := range ids {
			e := anEnrolment(c, userID, "same")
			e.Step += int64(i)
			enrol(t, s, e)
		}
		for i, userID := range ids {
			e := anEnrolment(c, userID, "same")
			e.Step += int64(i)
			wantEnrolment(t, s, e)
			was, err := s.Delete(t.Context(), userID)
			noError(t, err, "Delete")
			same(t, was, true, "Delete")
			wantError(t, second(s.Load(t.Context(), userID)), totp.ErrNotFound, "Load")
		}
	}},
	{"of many who Delete at once exactly one is told true, and the user can enrol anew", func(t tb, s totp.Store, c *clock) {
		enrol(t, s, anEnrolment(c, anna, "first"))
		other := enrol(t, s, anEnrolment(c, bert, "his"))
		oneWinner(t, func(int) (bool, error) { return s.Delete(t.Context(), anna) })
		wantError(t, second(s.Load(t.Context(), anna)), totp.ErrNotFound, "Load")
		wantNothing(t, s, anna, "first")
		e := anEnrolment(c, anna, "second")
		e.Step -= 1000
		wantEnrolment(t, s, enrol(t, s, e))
		wantNothing(t, s, anna, "first")
		wantEnrolment(t, s, other)
	}},
	{"what goes in and what comes out is not shared with the caller", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		e.Secret[0], e.Codes[0][0] = 'x', 'x'
		wantEnrolment(t, s, anEnrolment(c, anna, "first"))
		got, err := s.Load(t.Context(), anna)
		noError(t, err, "Load")
		got.Secret[0], got.Codes[0][0], got.Codes[1] = 'x', 'x', nil
		wantEnrolment(t, s, anEnrolment(c, anna, "first"))
		fresh := [][]byte{hash(20)}
		noError(t, s.Replace(t.Context(), anna, "first", fresh), "Replace")
		fresh[0][0] = 'x'
		want := anEnrolment(c, anna, "first")
		want.Codes = [][]byte{hash(20)}
		wantEnrolment(t, s, want)
	}},
	{"a cancelled context does nothing and is reported", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		ctx := cancelled(t)
		_, _, spend := s.Spend(ctx, anna, "first", hash(0))
		for verb, err := range map[string]error{
			"Load":    second(s.Load(ctx, anna)),
			"Enrol":   s.Enrol(ctx, anEnrolment(c, bert, "his")),
			"Advance": second(s.Advance(ctx, anna, "first", e.Step+1)),
			"Reseal":  second(s.Reseal(ctx, anna, "first", e.Secret, []byte("new"))),
			"Spend":   spend,
			"Replace": s.Replace(ctx, anna, "first", nil),
			"Delete":  second(s.Delete(ctx, anna)),
		} {
			wantError(t, err, context.Canceled, verb)
		}
		wantEnrolment(t, s, e)
		wantError(t, second(s.Load(t.Context(), bert)), totp.ErrNotFound, "Load")
	}},
}

// wantNothing demands that no verb finds this enrolment.
func wantNothing(t tb, s totp.Store, userID, id string) {
	t.Helper()
	moved, err := s.Advance(t.Context(), userID, id, math.MaxInt64)
	noError(t, err, "Advance")
	same(t, moved, false, "Advance")
	done, err := s.Reseal(t.Context(), userID, id, []byte("\x00\xffsealedfirst"), []byte("new"))
	noError(t, err, "Reseal")
	same(t, done, false, "Reseal")
	_, ok, err := s.Spend(t.Context(), userID, id, hash(0))
	noError(t, err, "Spend")
	same(t, ok, false, "Spend")
	wantError(t, s.Replace(t.Context(), userID, id, [][]byte{hash(30)}), totp.ErrNotFound, "Replace")
}

var stepRules = []rule[totp.Store]{
	{"Advance moves forward only", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		for _, step := range []struct {
			by   int64
			want bool
		}{{0, false}, {-1, false}, {1, true}, {1, false}, {0, false}, {3, true}, {2, false}, {1 << 40, true}, {4, false}} {
			moved, err := s.Advance(t.Context(), anna, "first", e.Step+step.by)
			noError(t, err, "Advance")
			same(t, moved, step.want, fmt.Sprintf("Advance by %d", step.by))
		}
		e.Step += 1 << 40
		wantEnrolment(t, s, e)
	}},
	{"of many who Advance to one step at once exactly one does", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		for range 5 {
			e.Step++
			oneWinner(t, func(int) (bool, error) { return s.Advance(t.Context(), anna, "first", e.Step) })
			wantEnrolment(t, s, e)
		}
	}},
	{"of many who Advance to steps of their own at once the highest stays", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		var highest atomic.Bool
		race(racers, func(i int) {
			moved, err := s.Advance(t.Context(), anna, "first", e.Step+1+int64(i))
			if err != nil {
				t.Errorf("racer %d: %v", i, err)
			}
			if i == racers-1 {
				highest.Store(moved)
			}
		})
		same(t, highest.Load(), true, "Advance to the highest step")
		e.Step += racers
		wantEnrolment(t, s, e)
	}},
	{"Advance leaves everything else alone, while codes are spent", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		other := enrol(t, s, anEnrolment(c, bert, "first"))
		race(racers, func(i int) {
			var err error
			if i < 5 {
				_, _, err = s.Spend(t.Context(), anna, "first", hash(i))
			} else {
				_, err = s.Advance(t.Context(), anna, "first", e.Step+int64(i))
			}
			if err != nil {
				t.Errorf("racer %d: %v", i, err)
			}
		})
		e.Step, e.Codes = e.Step+racers-1, e.Codes[5:]
		wantEnrolment(t, s, e)
		wantEnrolment(t, s, other)
	}},
}
