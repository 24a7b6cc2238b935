package outbound

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
)

// Cause is the reason of a failed call without its URL, which may hold more than a log should, and whether another try
// may help. Addresses and certificates that are refused stay refused; a connection that fails may work again.
func Cause(err error) (cause error, again bool) {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	_, cert := errors.AsType[*tls.CertificateVerificationError](err)
	return err, !cert && !errors.Is(err, ErrAddress) && !errors.Is(err, ErrScheme)
}

// Again says whether another try may help after an answer with this status: 408, 429 and class 5 (RFC 9110 section 15).
func Again(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}
