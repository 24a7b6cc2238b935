package mongostore

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestTextIsKeptByteForByte(t *testing.T) {
	type doc struct {
		T text `bson:"t"`
	}
	for s, want := range map[string]bson.Type{
		"": bson.TypeString, "Åström 日本": bson.TypeString, "$where": bson.TypeString, "\ufffd": bson.TypeString,
		"a\x00b": bson.TypeBinary, "\xff\xfe": bson.TypeBinary, "a\xc3": bson.TypeBinary, "\xed\xa0\x80": bson.TypeBinary,
	} {
		b, err := bson.Marshal(doc{text(s)})
		if err != nil {
			t.Fatal(err)
		}
		if got := bson.Raw(b).Lookup("t").Type; got != want {
			t.Errorf("%q is stored as %v, want %v", s, got, want)
		}
		var back doc
		if err := bson.Unmarshal(b, &back); err != nil || string(back.T) != s {
			t.Errorf("%q comes back as %q, %v", s, back.T, err)
		}
	}
	b, err := bson.Marshal(bson.D{{Key: "t", Value: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := bson.Unmarshal(b, new(doc)); err == nil {
		t.Error("a number is read as a text")
	}
}

func TestDates(t *testing.T) {
	now := time.Date(2026, 4, 5, 12, 0, 0, 1_500_000, time.UTC) // half way between two milliseconds
	for name, c := range map[string]struct{ got, want bson.DateTime }{
		"the present is rounded down":              {date(now), bson.DateTime(now.Truncate(time.Millisecond).UnixMilli())},
		"before 1970 too":                          {date(time.Unix(0, -1)), -1},
		"an end is rounded up":                     {ending(now, time.Millisecond), date(now) + 2},
		"a ttl of a nanosecond is a ttl":           {ending(now.Truncate(time.Millisecond), 1), date(now) + 1},
		"an end on a whole millisecond is no more": {ending(now.Truncate(time.Millisecond), time.Second), date(now) + 1000},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %d, want %d", name, c.got, c.want)
		}
	}
	if back := instant(date(time.Time{})); back != (time.Time{}) {
		t.Errorf("the zero time comes back as %v", back)
	}
}

func TestIDs(t *testing.T) {
	root, other := table{}, table{space: "s"}
	seen := map[string]string{}
	for name, id := range map[string]bson.Binary{
		"a kind": root.id("k"), "another kind": root.id("l"), "a part": root.id("k", "a"), "two parts": root.id("k", "a", ""),
		"parts that join alike": root.id("k", "ab", "c"), "and these": root.id("k", "a", "bc"), "a kind that joins alike": root.id("ka"),
		"another namespace": other.id("k", "a"), "a long part": root.id("k", string(make([]byte, 4096))),
	} {
		if len(id.Data) != 32 || id.Subtype != 0 {
			t.Errorf("%s: an id of %d bytes and subtype %d", name, len(id.Data), id.Subtype)
		}
		if twin, ok := seen[string(id.Data)]; ok {
			t.Errorf("%s and %s have one id", name, twin)
		}
		seen[string(id.Data)] = name
	}
}
