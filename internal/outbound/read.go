package outbound

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// ErrTooLarge says that an answer is larger than its reader allows.
var ErrTooLarge = errors.New("outbound: the answer is too large")

// ReadAll reads the body of an answer, at most limit bytes, and closes it. One byte more is [ErrTooLarge].
func ReadAll(resp *http.Response, limit int64) ([]byte, error) {
	defer func() { _ = resp.Body.Close() }() // everything that matters was read
	if resp.ContentLength > limit {
		return nil, ErrTooLarge
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("outbound: reading the answer: %w", err)
	}
	if int64(len(b)) > limit {
		return nil, ErrTooLarge
	}
	return b, nil
}
