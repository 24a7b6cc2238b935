package mongostore

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// text is a string of any bytes. It is stored as a BSON string where it can be one, so that people can read it, and as
// bytes where it cannot: BSON strings are UTF-8, and not every server takes a NUL in them.
type text string //nolint:recvcheck // a value is written, and a pointer is read into

// MarshalBSONValue implements [bson.ValueMarshaler].
func (s text) MarshalBSONValue() (kind byte, data []byte, err error) {
	var v any = string(s)
	if !utf8.ValidString(string(s)) || strings.ContainsRune(string(s), 0) {
		v = bson.Binary{Data: []byte(s)}
	}
	t, data, err := bson.MarshalValue(v)
	return byte(t), data, err
}

// UnmarshalBSONValue implements [bson.ValueUnmarshaler].
func (s *text) UnmarshalBSONValue(kind byte, data []byte) error {
	v := bson.RawValue{Type: bson.Type(kind), Value: data}
	if str, ok := v.StringValueOK(); ok {
		*s = text(str)
		return nil
	}
	if _, b, ok := v.BinaryOK(); ok {
		*s = text(b)
		return nil
	}
	return fmt.Errorf("a text is stored as %v", v.Type)
}

// raw are bytes as they are. Unlike [text] they mean the same to a comparison whatever they are.
func raw(s string) bson.Binary { return bson.Binary{Data: []byte(s)} }

// date is a time in whole milliseconds, rounded down.
func date(t time.Time) bson.DateTime { return bson.DateTime(floorMilli(t)) }

// ending is the time when a life of ttl that begins now is over, in whole milliseconds, rounded up.
func ending(now time.Time, ttl time.Duration) bson.DateTime {
	return bson.DateTime(floorMilli(now.Add(ttl).Add(time.Millisecond - time.Nanosecond)))
}

// floorMilli rounds down before 1970 too.
func floorMilli(t time.Time) int64 {
	return t.Unix()*1000 + int64(t.Nanosecond())/int64(time.Millisecond)
}

// instant is the time that a date stands for, in UTC.
func instant(d bson.DateTime) time.Time { return time.UnixMilli(int64(d)).UTC() }
