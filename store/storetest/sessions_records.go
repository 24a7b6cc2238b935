package storetest

import (
	"context"
	"fmt"
	"time"

	"github.com/crafteasy/auth/session"
)

var sessionRecordRules = []rule[session.Store]{
	{"a session comes back the same in every field, from Load and from List", func(t tb, s session.Store, _ *clock) {
		want := filled[session.Session](t)
		noError(t, s.Create(t.Context(), want), "Create")
		wantSession(t, s, want)
		wantList(t, s, want.UserID, 10, want)
	}},
	{"what Rotate stores comes back the same in every field", func(t tb, s session.Store, c *clock) {
		full := filled[session.Session](t)
		first := aSession(c, full.UserID, full.ID)
		first.CreatedAt, first.ExpiresAt = full.CreatedAt, full.ExpiresAt
		noError(t, s.Create(t.Context(), first), "Create")
		mustRotate(t, s, first.Token.TokenID, full, true)
		wantSession(t, s, full)
		wantList(t, s, full.UserID, 10, full)
		mustRotate(t, s, full.Token.TokenID, first, true)
		wantSession(t, s, first)
	}},
	{"what is empty comes back empty", func(t tb, s session.Store, c *clock) {
		bare := session.Session{ID: "s", UserID: anna, CreatedAt: c.Now(), ExpiresAt: c.Now().Add(long)}
		bare.Token.TokenID = "t"
		noError(t, s.Create(t.Context(), bare), "Create")
		wantSession(t, s, bare)
		wantList(t, s, anna, 10, bare)
	}},
	{"times come back in UTC and exact to the millisecond", func(t tb, s session.Store, c *clock) {
		zone := time.FixedZone("somewhere", -7*3600-1800)
		for i, ms := range []int{0, 1, 499, 500, 999} {
			rest := time.Duration(ms) * time.Millisecond
			want := filled[session.Session](t)
			want.ID = fmt.Sprint("s", i)
			eachTime(&want, func(at time.Time) time.Time { return at.Truncate(time.Second).Add(rest) })
			local := want
			eachTime(&local, func(at time.Time) time.Time { return at.In(zone) })
			noError(t, s.Create(t.Context(), local), "Create")
			wantSession(t, s, want)
			mustRotate(t, s, local.Token.TokenID, local, true)
			wantSession(t, s, want)

			end := c.Now().Truncate(time.Second).Add(rest)
			endSession(t, s, anna, want.ID, end.In(zone))
			endToken(t, s, anna, want.ID, end.In(zone))
			wantState(t, s, anna, want.ID, want.ID, session.State{SessionEnd: end, TokenEnd: end})
		}
	}},
	{"text of any bytes comes back as it is", func(t tb, s session.Store, c *clock) {
		for i, text := range []string{"\xff\xfe", "Mozilla/5.0 \xe9t\xe9", "\u00e9t\u00e9", "e\u0301", "\ufffd", "\\u0000", "\xed\xa0\x80", "a\xc3"} {
			want := aSession(c, anna, string(rune('a'+i)))
			want.UserAgent, want.OriginApp, want.Token.UserName = text, text, text
			noError(t, s.Create(t.Context(), want), "Create")
			wantSession(t, s, want)
		}
	}},
	{"what is not there is ErrNotFound, and another user's is not there", func(t tb, s session.Store, c *clock) {
		wantNoSession(t, s, anna, "s")
		made := begin(t, s, c, anna, "s")
		wantNoSession(t, s, anna, "t")
		wantNoSession(t, s, anna, "")
		wantNoSession(t, s, bert, "s")
		wantNoSession(t, s, "", "s")
		wantNoSession(t, s, anna, made.Token.TokenID)
		begin(t, s, c, bert, "other")
		wantNoSession(t, s, bert, "s")
		wantNoSession(t, s, anna, "other")
		wantSession(t, s, made)
	}},
	{"a session is kept until it expires", func(t tb, s session.Store, c *clock) {
		made := aSession(c, anna, "s")
		made.ExpiresAt = c.Now().Add(session.LongestSession)
		noError(t, s.Create(t.Context(), made), "Create")
		for _, d := range []time.Duration{long, session.LongestSession / 2, session.LongestSession/2 - long - time.Millisecond} {
			c.Advance(d)
			begin(t, s, c, anna, c.Now().String())
			begin(t, s, c, bert, c.Now().String())
			wantSession(t, s, made)
		}
	}},
	{"what goes in and what comes out is not shared with the caller", func(t tb, s session.Store, c *clock) {
		scribble := func(s session.Session) {
			if len(s.Token.Methods) == 0 || s.Token.Extra == nil {
				t.Fatalf("a session without its methods or claims: %+v", s)
			}
			s.Token.Methods[0] = "scribble"
			s.Token.Extra["auth_method"] = "scribble"
			s.Token.Extra["more"] = true
		}
		in := aSession(c, anna, "s")
		noError(t, s.Create(t.Context(), in), "Create")
		want := aSession(c, anna, "s")
		scribble(in)
		wantSession(t, s, want)
		loaded, _, err := s.Load(t.Context(), anna, "s", "")
		noError(t, err, "Load")
		scribble(loaded)
		list, err := s.List(t.Context(), anna, 1)
		noError(t, err, "List")
		same(t, len(list), 1, "how many are listed")
		scribble(list[0])
		wantSession(t, s, want)
		next := rotated(aSession(c, anna, "s"), "next")
		mustRotate(t, s, want.Token.TokenID, next, true)
		want = rotated(want, "next")
		scribble(next)
		wantSession(t, s, want)
	}},
	{"a cancelled context does nothing and is reported", func(t tb, s session.Store, c *clock) {
		made := begin(t, s, c, anna, "s")
		now := c.Now().UnixMilli()
		floor := epoch(t, s, anna, now)
		ctx := cancelled(t)
		_, _, load := s.Load(ctx, anna, "s", "")
		for verb, err := range map[string]error{
			"Load":      load,
			"Create":    s.Create(ctx, aSession(c, anna, "new")),
			"Rotate":    second(s.Rotate(ctx, made.Token.TokenID, rotated(made, "next"))),
			"List":      second(s.List(ctx, anna, 1)),
			"Delete":    s.Delete(ctx, anna, "s"),
			"DeleteAll": s.DeleteAll(ctx, anna),
			"Revoke":    s.Revoke(ctx, session.Revocation{UserID: anna, SessionID: "s", At: c.Now(), Until: c.Now().Add(long)}),
			"State":     second(s.State(ctx, anna, "s", "")),
			"Epoch":     second(s.Epoch(ctx, anna, now)),
			"MoveEpoch": second(s.MoveEpoch(ctx, anna, "", floor+10)),
			"MoveFloor": second(s.MoveFloor(ctx, floor+10)),
		} {
			wantError(t, err, context.Canceled, verb)
		}
		wantList(t, s, anna, 10, made)
		wantState(t, s, anna, "s", made.Token.TokenID, session.State{})
		wantFloor(t, s, floor)
	}},
}
