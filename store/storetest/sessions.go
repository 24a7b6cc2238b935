package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
)

// Sessions checks a back end for sessions and revocations.
func Sessions(t *testing.T, open Open[session.Store]) {
	t.Helper()
	run(t, open, sessionRules())
}

func sessionRules() []rule[session.Store] {
	return slices.Concat(
		sessionRecordRules, sessionListRules, sessionRotateRules, sessionDeleteRules,
		sessionRevokeRules, sessionStateRules, sessionEpochRules, sessionFloorRules, sessionIDRules,
	)
}

// The users of the rules.
const (
	anna = "anna"
	bert = "bert"
)

// aSession is a session as a sign-in makes it.
func aSession(c *clock, userID, id string) session.Session {
	now := c.Now()
	return session.Session{
		ID: id, UserID: userID, CreatedAt: now, ExpiresAt: now.Add(24 * long), LastSeenAt: now,
		OriginApp: "shop", IP: "192.0.2.7", UserAgent: "curl/8",
		Token: jwt.TokenPayload{
			TokenID: id + "/0", TokenType: jwt.TypeUser, UserID: userID, SessionID: id, Scope: jwt.ScopeTenant,
			AuthTime: now, IssuedAt: now, ExpiresAt: now.Add(long), Methods: []string{"email_otp"}, Extra: map[string]any{"auth_method": "email_otp"},
		},
	}
}

// rotated is what a refresh makes of s.
func rotated(s session.Session, tokenID string) session.Session {
	s.Previous, s.Token.TokenID = s.Token.TokenID, tokenID
	s.RotatedAt = s.LastSeenAt.Add(time.Minute)
	s.LastSeenAt = s.RotatedAt
	return s
}

// begin creates a session.
func begin(t tb, s session.Store, c *clock, userID, id string) session.Session {
	t.Helper()
	made := aSession(c, userID, id)
	noError(t, s.Create(t.Context(), made), "Create")
	return made
}

// beginSome creates n sessions, each a second younger than the one before, and answers them, the newest first.
func beginSome(t tb, s session.Store, c *clock, userID string, n int) []session.Session {
	t.Helper()
	all := make([]session.Session, n)
	for i := range n {
		c.Advance(time.Second)
		all[n-1-i] = begin(t, s, c, userID, fmt.Sprint(userID, i))
	}
	return all
}

// wantSession demands that Load answers exactly this session.
func wantSession(t tb, s session.Store, want session.Session) {
	t.Helper()
	got, _, err := s.Load(t.Context(), want.UserID, want.ID, want.Token.TokenID)
	noError(t, err, "Load")
	sameRecord(t, got, want, "Load")
}

// wantNoSession demands that the user has no such session.
func wantNoSession(t tb, s session.Store, userID, id string) {
	t.Helper()
	_, _, err := s.Load(t.Context(), userID, id, "")
	wantError(t, err, session.ErrNotFound, fmt.Sprintf("Load(%.40q, %.40q)", userID, id))
}

// wantList demands that List answers exactly these sessions in this order.
func wantList(t tb, s session.Store, userID string, limit int, want ...session.Session) {
	t.Helper()
	got, err := s.List(t.Context(), userID, limit)
	noError(t, err, "List")
	if ids(got) != ids(want) {
		t.Fatalf("List: got %s, want %s", ids(got), ids(want))
	}
	for i := range got {
		sameRecord(t, got[i], want[i], "List")
	}
}

func ids(list []session.Session) string {
	all := make([]string, len(list))
	for i, s := range list {
		all[i] = fmt.Sprintf("%.40q", s.ID)
	}
	return fmt.Sprint(all)
}

// mustRotate demands that Rotate answers won.
func mustRotate(t tb, s session.Store, from string, next session.Session, won bool) {
	t.Helper()
	got, err := s.Rotate(t.Context(), from, next)
	noError(t, err, "Rotate")
	same(t, got, won, fmt.Sprintf("Rotate from %q", from))
}

// endSession and endToken revoke from at on.
func endSession(t tb, s session.Store, userID, id string, at time.Time) {
	t.Helper()
	noError(t, s.Revoke(t.Context(), session.Revocation{UserID: userID, SessionID: id, At: at, Until: at.Add(long)}), "Revoke a session")
}

func endToken(t tb, s session.Store, userID, id string, at time.Time) {
	t.Helper()
	noError(t, s.Revoke(t.Context(), session.Revocation{UserID: userID, TokenID: id, At: at, Until: at.Add(long)}), "Revoke a token")
}

// state answers what is known, less the floor.
func state(t tb, s session.Store, userID, sessionID, tokenID string) session.State {
	t.Helper()
	st, err := s.State(t.Context(), userID, sessionID, tokenID)
	noError(t, err, "State")
	st.Floor = 0
	return st
}

// wantState demands that this, beside the floor, is known.
func wantState(t tb, s session.Store, userID, sessionID, tokenID string, want session.State) {
	t.Helper()
	same(t, state(t, s, userID, sessionID, tokenID), want, fmt.Sprintf("State(%.40q, %.40q, %.40q)", userID, sessionID, tokenID))
}

// epoch, moveEpoch and moveFloor stop the rule when the store fails.
func epoch(t tb, s session.Store, userID string, now int64) int64 {
	t.Helper()
	e, err := s.Epoch(t.Context(), userID, now)
	noError(t, err, "Epoch")
	return e
}

func moveEpoch(t tb, s session.Store, userID, except string, now int64) int64 {
	t.Helper()
	e, err := s.MoveEpoch(t.Context(), userID, except, now)
	noError(t, err, "MoveEpoch")
	return e
}

func moveFloor(t tb, s session.Store, now int64) int64 {
	t.Helper()
	f, err := s.MoveFloor(t.Context(), now)
	noError(t, err, "MoveFloor")
	return f
}

// wantFloor demands that State answers this floor, whoever is asked about.
func wantFloor(t tb, s session.Store, want int64) {
	t.Helper()
	for _, userID := range []string{anna, bert, "nobody"} {
		st, err := s.State(t.Context(), userID, "s", "t")
		noError(t, err, "State")
		same(t, st.Floor, want, "the floor")
	}
}
