package redisstore

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/session"
)

// bench is a store on a server of its own prefix, with a clock that is moved by hand.
type bench struct {
	*Store
	rdb *redis.Client
	at  time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{
		rdb: redis.NewClient(&redis.Options{Addr: testutil.RedisServer(t), ContextTimeoutEnabled: true}),
		at:  time.Now().UTC().Truncate(time.Millisecond),
	}
	t.Cleanup(func() { _ = b.rdb.Close() })
	b.Store = New(b.rdb, &Options{Prefix: rand.Text(), Now: func() time.Time { return b.at }})
	return b
}

func (b *bench) begin(t *testing.T, id string, life time.Duration) session.Session {
	t.Helper()
	n := session.Session{ID: id, UserID: "anna", CreatedAt: b.at, ExpiresAt: b.at.Add(life)}
	n.Token.TokenID = id
	if err := b.Sessions().Create(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	return n
}

// wantTTL demands that the server keeps the key about that long; 0 is for ever.
func (b *bench) wantTTL(t *testing.T, key string, want time.Duration) {
	t.Helper()
	got := b.rdb.PTTL(t.Context(), key).Val()
	if want == 0 && got != -1 || want != 0 && (got > want || got < want-time.Minute) {
		t.Errorf("the server keeps %s for %v, want %v", key, got, want)
	}
}

// TestTimeToLive: the server keeps what it must and no more; the broom is generous, and never shortens.
func TestTimeToLive(t *testing.T) {
	b := newBench(t)
	s := sessions{b.view}
	hash, index := s.names("anna")[0], s.names("anna")[1]
	for _, step := range []struct{ life, want time.Duration }{{time.Hour, time.Hour}, {3 * time.Hour, 3 * time.Hour}, {2 * time.Hour, 3 * time.Hour}} {
		n := b.begin(t, step.life.String(), step.life)
		b.wantTTL(t, hash, step.want+margin)
		b.wantTTL(t, index, step.want+margin)
		if won, err := s.Rotate(t.Context(), n.Token.TokenID, n); err != nil || !won {
			t.Fatal(won, err)
		}
		b.wantTTL(t, hash, step.want+margin)
	}
	for _, step := range []struct{ until, want time.Duration }{{time.Hour, time.Hour}, {3 * time.Hour, 3 * time.Hour}, {2 * time.Hour, 3 * time.Hour}} {
		r := session.Revocation{UserID: "anna", SessionID: "s", At: b.at, Until: b.at.Add(step.until)}
		if err := s.Revoke(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		b.wantTTL(t, s.endName("anna", "s", ""), step.want+margin)
	}
	if _, err := s.MoveEpoch(t.Context(), "anna", "", b.at.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	b.wantTTL(t, s.epochName("anna"), keepEpoch)
	if _, err := s.Epoch(t.Context(), "anna", b.at.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	b.wantTTL(t, s.floorName(), 0)

	held := abuse.Lock{}
	for failures, want := range map[int]time.Duration{4: keepFew, 5: keepMany} {
		subject, next := strconv.Itoa(failures), abuse.Lock{Failures: failures, Until: b.at.Add(time.Hour)}
		if won, err := b.Locks().Swap(t.Context(), subject, held, next); err != nil || !won {
			t.Fatal(won, err)
		}
		b.wantTTL(t, locks{b.view}.name(subject), time.Hour+want+margin)
	}
}

// TestEndedSessionsAreDropped: who signs in every day does not pile up what ended.
func TestEndedSessionsAreDropped(t *testing.T) {
	b := newBench(t)
	keep := b.begin(t, "keep", 400*24*time.Hour)
	for i := range 300 {
		b.begin(t, fmt.Sprint("s", i), 12*time.Hour)
		b.at = b.at.Add(24 * time.Hour)
	}
	names := sessions{b.view}.names("anna")
	if n, m := b.rdb.HLen(t.Context(), names[0]).Val(), b.rdb.ZCard(t.Context(), names[1]).Val(); n > 5 || m > 5 {
		t.Errorf("%d records and %d ids are kept", n, m)
	}
	if _, _, err := b.Sessions().Load(t.Context(), "anna", keep.ID, ""); err != nil {
		t.Error(err)
	}
}

// TestIndexHeals: an id whose record the server has lost takes nobody's place in the list.
func TestIndexHeals(t *testing.T) {
	b := newBench(t)
	names := sessions{b.view}.names("anna")
	for i := range 10 {
		b.at = b.at.Add(time.Second)
		b.begin(t, fmt.Sprint("s", i), time.Hour)
	}
	b.rdb.HDel(t.Context(), names[0], "s9", "s7", "s6", "s0")
	list, err := b.Sessions().List(t.Context(), "anna", 4)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range list {
		got = append(got, s.ID)
	}
	if want := []string{"s8", "s5", "s4", "s3"}; !slices.Equal(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	if all, err := b.Sessions().List(t.Context(), "anna", 100); err != nil || len(all) != 6 {
		t.Errorf("%d are listed in all: %v", len(all), err)
	}
	if n := b.rdb.ZCard(t.Context(), names[1]).Val(); n != 6 {
		t.Errorf("the index holds %d ids", n)
	}
}
