package mongostore_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/mongostore"
)

// cost is what a verb costs beside time: the names of its commands, the documents that came back, and the bytes on the wire.
type cost struct {
	commands  string
	documents int
	bytes     int64
}

// counter counts what goes over a connection.
type counter struct {
	proxy *testutil.Proxy

	mu        sync.Mutex
	commands  []string
	documents int
}

// counting answers a client that sends nothing but what it is told to, once it is connected.
func counting(t *testing.T, uri string) (*mongo.Client, *counter) {
	t.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{proxy: testutil.NewProxy(t, u.Host)}
	u.Host = c.proxy.Addr()
	return connect(t, u.String(), options.Client().SetDirect(true).
		SetServerMonitoringMode(options.ServerMonitoringModePoll).SetHeartbeatInterval(time.Hour).
		SetMonitor(&event.CommandMonitor{Started: c.started, Succeeded: c.succeeded})), c
}

func (c *counter) started(_ context.Context, e *event.CommandStartedEvent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commands = append(c.commands, e.CommandName)
}

func (c *counter) succeeded(_ context.Context, e *event.CommandSucceededEvent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if batch, ok := e.Reply.Lookup("cursor", "firstBatch").ArrayOK(); ok {
		list, _ := batch.Values()
		c.documents += len(list)
	}
	if _, ok := e.Reply.Lookup("value").DocumentOK(); ok {
		c.documents++
	}
}

func (c *counter) of(t *testing.T, verb func() error) cost {
	t.Helper()
	c.mu.Lock()
	c.commands, c.documents = nil, 0
	c.mu.Unlock()
	before := c.proxy.Bytes()
	if err := verb(); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return cost{strings.Join(c.commands, " "), c.documents, c.proxy.Bytes() - before}
}

// fill stores n sessions in the form in which Create stores them, without asking the test server for each.
func fill(t *testing.T, s *mongostore.Store, db *mongo.Database, n int, owner func(i int) string) {
	t.Helper()
	docs := make([]any, n)
	for i := range docs {
		one := sessionOf(fmt.Sprintf("%s-%08d", owner(i), i), "token")
		one.UserID, one.Token.UserID = owner(i), owner(i)
		one.CreatedAt = one.CreatedAt.Add(time.Duration(i) * time.Millisecond)
		var err error
		if docs[i], err = s.SessionDocument(one); err != nil {
			t.Fatal(err)
		}
	}
	for some := range slices.Chunk(docs, 1000) {
		if _, err := db.Collection("auth_sessions").InsertMany(t.Context(), some); err != nil {
			t.Fatal(err)
		}
	}
}

// many is how many sessions a user with many has. The test server needs a second to look through ten thousand, which AUTH_TEST_LOAD=10
// asks for.
func many(t *testing.T) int {
	t.Helper()
	n := 1000
	if text := os.Getenv("AUTH_TEST_LOAD"); text != "" {
		factor, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		n *= factor
	}
	return n
}

// TestManySessionsCostWhatFewDo: a page of the list, a refresh, a question about a token and the end of all sessions send the same
// commands, get as many documents and move as many bytes whether the user has one session, a hundred or thousands, beside as many of
// other users. With an index for each command (TestEveryCommandHasAnIndex) that is all that MongoDB has to do.
func TestManySessionsCostWhatFewDo(t *testing.T) {
	const page = 20
	client, count := counting(t, servers()[0].uri(t))
	db := emptyDatabase(t, client)
	s := mongostore.New(db, &mongostore.Options{Timeout: patient})
	users, sizes := []string{"one_", "some", "many"}, []int{1, 100, many(t)}
	for i, user := range users {
		fill(t, s, db, sizes[i], func(int) string { return user })
	}
	fill(t, s, db, sizes[2], func(i int) string { return fmt.Sprintf("other%d", i) })
	ctx, at := t.Context(), int64(1_000_000)
	for _, err := range []error{ignore(s.Sessions().Epoch(ctx, "first", at)), ignore(s.Sessions().MoveEpoch(ctx, "first", "", at))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []struct {
		name, commands string
		documents      int
		run            func(user string) error
	}{
		{"the newest session", "find", 1, func(user string) error { return listed(s.Sessions().List(ctx, user, 1))(1) }},
		{"State", "find", 1, func(user string) error { return ignore(s.Sessions().State(ctx, user, user+"-00000000", "token")) }},
		{"Load", "find", 2, func(user string) error { return ignore2(s.Sessions().Load(ctx, user, user+"-00000000", "token")) }},
		{"Rotate", "update", 0, func(user string) error {
			next := sessionOf(user+"-00000000", "token")
			next.UserID, next.Token.UserID = user, user
			return ignore(s.Sessions().Rotate(ctx, "token", next))
		}},
		{"revoke all, the first time", "find insert findAndModify", 3, func(user string) error {
			return ignore(s.Sessions().MoveEpoch(ctx, user, "", at))
		}},
		{"revoke all again", "find update findAndModify", 4, func(user string) error {
			at += 1_000_000 // beyond the highest epoch, as after a second without any
			return ignore(s.Sessions().MoveEpoch(ctx, user, "", at))
		}},
	} {
		first := count.of(t, func() error { return v.run(users[0]) })
		if first.commands != v.commands || first.documents != v.documents {
			t.Errorf("%s costs %+v", v.name, first)
		}
		for i, user := range users[1:] {
			if c := count.of(t, func() error { return v.run(user) }); c != first {
				t.Errorf("%s: of %d sessions %+v, of one %+v", v.name, sizes[i+1], c, first)
			}
		}
		t.Logf("%s: %+v", v.name, first)
	}
	var pages [3]cost
	for i, user := range users {
		pages[i] = count.of(t, func() error { return listed(s.Sessions().List(ctx, user, page))(min(sizes[i], page)) })
	}
	if pages[0].commands != "find" || pages[0].documents != 1 || pages[1].documents != page || pages[1] != pages[2] {
		t.Errorf("a page costs %+v", pages)
	}
	t.Logf("a page of %v sessions: %+v", sizes, pages)
}

// listed demands so many sessions, the newest first.
func listed(list []session.Session, err error) func(n int) error {
	return func(n int) error {
		newest := slices.IsSortedFunc(list, func(a, b session.Session) int { return b.CreatedAt.Compare(a.CreatedAt) })
		if err == nil && (len(list) != n || !newest) {
			err = fmt.Errorf("%d sessions of %d, the newest first: %v", len(list), n, newest)
		}
		return err
	}
}
