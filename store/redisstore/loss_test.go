package redisstore_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/redisstore"
)

// TestEmptiedServer: after the server lost its data every token is dead, and stays dead after the next sign-in, even one
// that an instance with a fast clock issued a moment before, and whoever signs in next has a slow one.
func TestEmptiedServer(t *testing.T) {
	for name, found := range map[string]func(session.Store, int64) (int64, error){
		"then somebody signs in":        func(s session.Store, now int64) (int64, error) { return s.Epoch(t.Context(), "carl", now) },
		"then somebody ends everything": func(s session.Store, now int64) (int64, error) { return s.MoveFloor(t.Context(), now) },
	} {
		t.Run(name, func(t *testing.T) {
			rdb := single(t)
			s := empty(rdb, nil).Sessions()
			now := time.Now().UnixMilli()
			fast, slow := now+time.Minute.Milliseconds(), now-time.Minute.Milliseconds()
			issued, err := s.Epoch(t.Context(), "anna", fast)
			if err != nil {
				t.Fatal(err)
			}
			moved, err := s.MoveEpoch(t.Context(), "bert", "", fast)
			if err != nil {
				t.Fatal(err)
			}
			afterAMoment(t, rdb)
			if err := rdb.FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			st, err := s.State(t.Context(), "anna", "s", "t")
			if err != nil || st.Floor != session.Emptied {
				t.Fatalf("State of an emptied server: %+v, %v", st, err)
			}
			floor, err := found(s, slow)
			if err != nil {
				t.Fatal(err)
			}
			if st, err = s.State(t.Context(), "bert", "s", "t"); err != nil || st.Floor != floor {
				t.Fatalf("State afterwards: %+v, %v, want the floor %d", st, err, floor)
			}
			if issued >= floor || moved >= floor {
				t.Errorf("tokens with the epochs %d and %d were issued before the loss and live above the floor %d", issued, moved, floor)
			}
		})
	}
}

// afterAMoment waits until the server's clock has moved on.
func afterAMoment(t *testing.T, rdb *redis.Client) {
	t.Helper()
	began := rdb.Time(t.Context()).Val()
	for range 10000 {
		if rdb.Time(t.Context()).Val().Sub(began) > 5*time.Millisecond {
			return
		}
	}
	t.Fatal("the server's clock stands still")
}

// TestFloorBeyondEveryClock: an instance whose clock is hours ahead gave out epochs; ending everything ends those too.
func TestFloorBeyondEveryClock(t *testing.T) {
	s := empty(single(t), nil).Sessions()
	now := time.Now().UnixMilli()
	if _, err := s.Epoch(t.Context(), "anna", now); err != nil {
		t.Fatal(err)
	}
	ahead, err := s.MoveEpoch(t.Context(), "anna", "", now+10*time.Hour.Milliseconds())
	if err != nil {
		t.Fatal(err)
	}
	if floor, err := s.MoveFloor(t.Context(), now); err != nil || floor <= ahead {
		t.Errorf("the floor is %d, and %d was answered before: %v", floor, ahead, err)
	}
}

// TestTwoInstances: what one instance writes the other knows at once, and both have one floor.
func TestTwoInstances(t *testing.T) {
	for name, clients := range map[string][2]redis.UniversalClient{
		"one node": {single(t), single(t)}, "a cluster": {cluster(t), cluster(t)}, "behind sentinels": {sentinel(t), sentinel(t)},
	} {
		t.Run(name, func(t *testing.T) {
			opts := &redisstore.Options{Prefix: random()}
			a, b := redisstore.New(clients[0], opts).Sessions(), redisstore.New(clients[1], opts).Sessions()
			now := time.Now().UnixMilli()
			floor, err := a.Epoch(t.Context(), "anna", now)
			if err != nil {
				t.Fatal(err)
			}
			if other, err := b.Epoch(t.Context(), "bert", now+1000); err != nil || other != floor {
				t.Errorf("two instances answer the floors %d and %d: %v", floor, other, err)
			}
			end := time.Now().UTC().Truncate(time.Millisecond)
			if err := b.Revoke(t.Context(), session.Revocation{UserID: "anna", SessionID: "s", At: end, Until: end.Add(time.Hour)}); err != nil {
				t.Fatal(err)
			}
			if st, err := a.State(t.Context(), "anna", "s", "t"); err != nil || !st.SessionEnd.Equal(end) {
				t.Errorf("the other instance knows %+v: %v", st, err)
			}
		})
	}
}

// TestFailover: when the master is replaced, the same store goes on, with everything that had reached the replica.
func TestFailover(t *testing.T) {
	rdb := sentinel(t)
	s := empty(rdb, nil)
	if err := prepare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := s.Sessions().Revoke(t.Context(), session.Revocation{UserID: "anna", TokenID: "late", At: present, Until: present.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	watch := testutil.RedisSentinels(t)
	ask := closed(t, redis.NewSentinelClient(&redis.Options{Addr: watch.Addrs[0]}))
	old, err := ask.GetMasterAddrByName(t.Context(), watch.Master).Result()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := rdb.Wait(t.Context(), 1, 10*time.Second).Result(); err != nil || n != 1 {
		t.Fatalf("%d replicas follow: %v", n, err)
	}
	failover(t, ask, watch.Master, old)
	recovers(t, s)
	if st, err := s.Sessions().State(t.Context(), "anna", "s", "late"); err != nil || !st.TokenEnd.Equal(present) {
		t.Errorf("the new master knows %+v: %v", st, err)
	}
}

// failover asks for one, and waits until the sentinels name another master.
func failover(t *testing.T, ask *redis.SentinelClient, name string, old []string) {
	t.Helper()
	asked := ask.Failover(t.Context(), name).Err()
	for range 600 {
		if now, err := ask.GetMasterAddrByName(t.Context(), name).Result(); err == nil && now[1] != old[1] {
			return
		}
		if asked != nil {
			asked = ask.Failover(t.Context(), name).Err()
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("no failover: %v", asked)
}
