package redisstore

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// encode writes a record as JSON under the names of its fields, those that are zero left out. Every string comes back byte for byte, text that is no
// UTF-8 too: a browser may call itself anything.
func encode(record any) (string, error) {
	b, err := json.Marshal(record, marshalText, json.OmitZeroStructFields(true))
	if err != nil {
		return "", fmt.Errorf("redisstore: encode: %w", err)
	}
	return string(b), nil
}

// decode reads what encode wrote.
func decode(text string, record any) error {
	if err := json.Unmarshal([]byte(text), record, unmarshalText); err != nil {
		return fmt.Errorf("redisstore: decode: %w", err)
	}
	return nil
}

// escaped begins a string that JSON cannot hold as it is.
const escaped = "\x00"

var marshalText = json.WithMarshalers(json.MarshalToFunc(func(enc *jsontext.Encoder, s string) error {
	if utf8.ValidString(s) && !strings.HasPrefix(s, escaped) {
		return errors.ErrUnsupported // as it is
	}
	return enc.WriteToken(jsontext.String(escaped + base64.RawStdEncoding.EncodeToString([]byte(s))))
}))

var unmarshalText = json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, s *string) error {
	if dec.PeekKind() != '"' {
		return errors.ErrUnsupported // an error of the ordinary decoding
	}
	token, err := dec.ReadToken()
	if err != nil {
		return err
	}
	*s = token.String()
	if text, ok := strings.CutPrefix(*s, escaped); ok {
		b, err := base64.RawStdEncoding.DecodeString(text)
		if err != nil {
			return err
		}
		*s = string(b)
	}
	return nil
}))

// exact is a time as every back end keeps it: in UTC and in whole milliseconds.
func exact(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }

// fromMilli is the reverse of UnixMilli, in UTC.
func fromMilli(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// margin is how much longer than asked the server keeps a record, for clocks that differ. What has ended is decided by
// who reads it.
const margin = 10 * time.Minute

// milliseconds rounds a ttl up to whole milliseconds.
func milliseconds(ttl time.Duration) int64 {
	ms := ttl.Milliseconds()
	if ttl%time.Millisecond > 0 {
		ms++
	}
	return ms
}

// keep is how many milliseconds the server keeps a record that ends at a time.
func (v view) keep(end time.Time) int64 {
	left := end.Sub(v.now())
	if left > math.MaxInt64-margin {
		return milliseconds(math.MaxInt64)
	}
	return milliseconds(max(left, 0) + margin)
}
