package storetest

import (
	"bytes"
	"fmt"

	"github.com/crafteasy/auth/totp"
)

var sealRules = []rule[totp.Store]{
	{"Reseal replaces the secret that was read, and leaves everything else", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		other := enrol(t, s, anEnrolment(c, bert, "first"))
		for _, from := range [][]byte{nil, {}, e.Secret[:1], append(bytes.Clone(e.Secret), 0), []byte("other"), []byte("$ne")} {
			mustReseal(t, s, from, []byte("new"), false)
		}
		wantEnrolment(t, s, e)
		for _, to := range [][]byte{{0, 0xff, 0}, bytes.Repeat([]byte{9}, 4096), []byte("\xff text")} {
			mustReseal(t, s, e.Secret, to, true)
			mustReseal(t, s, e.Secret, []byte("late"), bytes.Equal(e.Secret, to))
			e.Secret = bytes.Clone(to)
			to[0] = 'x'
			wantEnrolment(t, s, e)
		}
		wantEnrolment(t, s, other)
	}},
	{"of many who Reseal one secret at once exactly one does, and its secret stays", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		sealed := func(i int) []byte { return fmt.Append([]byte{0, 0xff}, "racer ", i) }
		winner := oneWinner(t, func(i int) (bool, error) { return s.Reseal(t.Context(), anna, "first", e.Secret, sealed(i)) })
		e.Secret = sealed(winner)
		wantEnrolment(t, s, e)
	}},
	{"a Reseal among many who Spend and Advance takes nothing back", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		for round, place := range []int{0, 1, racers / 2, racers - 1} {
			fresh := fmt.Append(nil, "round ", round)
			codes := make([][]byte, racers)
			for i := range codes {
				codes[i] = hash(i)
			}
			noError(t, s.Replace(t.Context(), anna, "first", codes), "Replace")
			race(racers, func(i int) {
				var err error
				switch {
				case i == place:
					_, err = s.Reseal(t.Context(), anna, "first", e.Secret, fresh)
				case i == racers-2:
					_, err = s.Advance(t.Context(), anna, "first", e.Step+1)
				default:
					_, _, err = s.Spend(t.Context(), anna, "first", codes[i])
				}
				if err != nil {
					t.Errorf("racer %d: %v", i, err)
				}
			})
			e.Secret, e.Step, e.Codes = fresh, e.Step+1, [][]byte{codes[place], codes[racers-2]}
			wantEnrolment(t, s, e)
		}
	}},
}

func mustReseal(t tb, s totp.Store, from, to []byte, want bool) {
	t.Helper()
	done, err := s.Reseal(t.Context(), anna, "first", from, to)
	noError(t, err, "Reseal")
	same(t, done, want, fmt.Sprintf("Reseal from %q", from))
}
