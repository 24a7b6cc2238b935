package storetest

import (
	"fmt"
	"sync/atomic"

	"github.com/crafteasy/auth/totp"
)

var recoveryRules = []rule[totp.Store]{
	{"Spend removes the code and answers how many are left", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		for i := range 10 {
			left, ok, err := s.Spend(t.Context(), anna, "first", hash(i))
			noError(t, err, "Spend")
			same(t, ok, true, "Spend")
			same(t, left, 9-i, "how many are left")
			_, ok, err = s.Spend(t.Context(), anna, "first", hash(i))
			noError(t, err, "Spend again")
			same(t, ok, false, "Spend again")
		}
		e.Codes = nil
		wantEnrolment(t, s, e)
	}},
	{"an unknown code, a part of one, and another user's are false", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		his := anEnrolment(c, bert, "his")
		his.Codes = [][]byte{hash(50)}
		enrol(t, s, his)
		for _, h := range [][]byte{nil, {}, hash(0)[:31], append(hash(0), 0), hash(50), []byte("$ne")} {
			_, ok, err := s.Spend(t.Context(), anna, "first", h)
			noError(t, err, "Spend")
			same(t, ok, false, "Spend")
		}
		wantEnrolment(t, s, e)
		wantEnrolment(t, s, his)
	}},
	{"of many who Spend one code at once exactly one does", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		for i := range 5 {
			oneWinner(t, func(int) (bool, error) {
				_, ok, err := s.Spend(t.Context(), anna, "first", hash(i))
				return ok, err
			})
		}
		e.Codes = e.Codes[5:]
		wantEnrolment(t, s, e)
	}},
	{"many who Spend codes of their own at once all do, and each is told another number", func(t tb, s totp.Store, c *clock) {
		e := anEnrolment(c, anna, "first")
		e.Codes = nil
		for i := range racers {
			e.Codes = append(e.Codes, hash(i))
		}
		enrol(t, s, e)
		var told [racers]atomic.Int32
		race(racers, func(i int) {
			left, ok, err := s.Spend(t.Context(), anna, "first", hash(i))
			if err != nil || !ok || left < 0 || left >= racers {
				t.Errorf("racer %d: %d left, %v, %v", i, left, ok, err)
				return
			}
			told[left].Add(1)
		})
		for n := range told {
			same(t, told[n].Load(), 1, fmt.Sprintf("how many were told that %d are left", n))
		}
		e.Codes = nil
		wantEnrolment(t, s, e)
	}},
	{"Replace kills the old set and leaves everything else", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		e.Codes = [][]byte{hash(40), hash(3), hash(41)}
		noError(t, s.Replace(t.Context(), anna, "first", e.Codes), "Replace")
		wantEnrolment(t, s, e)
		for i := range 10 {
			_, ok, err := s.Spend(t.Context(), anna, "first", hash(i))
			noError(t, err, "Spend")
			same(t, ok, i == 3, "Spend of an old code")
		}
		noError(t, s.Replace(t.Context(), anna, "first", nil), "Replace by none")
		e.Codes = nil
		wantEnrolment(t, s, e)
	}},
	{"a Replace among many who Spend is final: none of the old set comes back", func(t tb, s totp.Store, c *clock) {
		e := enrol(t, s, anEnrolment(c, anna, "first"))
		for round, place := range []int{0, racers / 2, racers - 2, racers - 1} {
			old := e.Codes
			e.Codes = [][]byte{hash(100 + 2*round), hash(101 + 2*round)}
			race(racers, func(i int) {
				var err error
				if i == place {
					err = s.Replace(t.Context(), anna, "first", e.Codes)
				} else {
					_, _, err = s.Spend(t.Context(), anna, "first", old[i%len(old)])
				}
				if err != nil {
					t.Errorf("racer %d: %v", i, err)
				}
			})
			wantEnrolment(t, s, e)
		}
	}},
}
