package redisstore

import (
	"reflect"
	"testing"
	"time"

	"github.com/crafteasy/auth/user"
)

func TestRecordsKeepEveryString(t *testing.T) {
	for _, text := range []string{"", "a", "é", "\xff", "\x00", "\x00a", "\x00\xff", "\xed\xa0\x80", "a\"b\\c\u2028", "\ufffd"} {
		type record struct {
			Text string
			List []string
			Map  map[string]any
		}
		want := record{text, []string{text, "x"}, map[string]any{"k": text, "l": []any{text}, text: 1.0}}
		encoded, err := encode(want)
		if err != nil {
			t.Fatal(err)
		}
		var got record
		if err := decode(encoded, &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q becomes %q in %s", want, got, encoded)
		}
	}
}

func TestDamagedRecordsAreErrors(t *testing.T) {
	for _, text := range []string{"", "x", "1", "1:", "9:t:{}", "-1:t1:{}", "1:t1", "1:t1:", "1:t1:{", `1:t1:{"ID":1}`, `1:t1:{"ID":"a","ID":"b"}`} {
		if s, err := sessionOf(text); err == nil {
			t.Errorf("sessionOf(%q) = %+v", text, s)
		}
	}
	for _, text := range []string{"x", "1", "1:", ":1", "x:1", "1:x"} {
		if l, err := lockOf(text); err == nil {
			t.Errorf("lockOf(%q) = %+v", text, l)
		}
	}
	for _, text := range []string{"", "x", ":a", "x:a"} {
		if c, err := claimOf(text); err == nil {
			t.Errorf("claimOf(%q) = %+v", text, c)
		}
	}
	var u user.User
	if err := decode(`{"ID":"a","id":"b","ID":"c"}`, &u); err == nil {
		t.Errorf("a name twice becomes %+v", u)
	}
}

func TestKeep(t *testing.T) {
	now := time.Now()
	v := view{now: func() time.Time { return now }}
	for _, tt := range []struct {
		end  time.Time
		want time.Duration
	}{
		{now.Add(time.Hour), time.Hour + margin},
		{now, margin},
		{now.Add(-time.Hour), margin},
		{time.Time{}, margin},
		{now.AddDate(200, 0, 0), now.AddDate(200, 0, 0).Sub(now) + margin},
	} {
		if got := v.keep(tt.end); got != tt.want.Milliseconds() {
			t.Errorf("keep(%v) = %d ms, want %v", tt.end, got, tt.want)
		}
	}
	if got := v.keep(now.AddDate(5000, 0, 0)); got <= 0 {
		t.Errorf("keep far ahead = %d", got)
	}
}
