package outbound

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
)

// Cause says whether another try may help after a failed call, and why it failed, without the URL, which may hold more
// than a log should. Addresses and certificates that are refused stay refused; a connection that fails may work again.
func Cause(err error) (again bool, cause error) {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	_, cert := errors.AsType[*tls.CertificateVerificationError](err)
	return !cert && !errors.Is(err, ErrAddress) && !errors.Is(err, ErrScheme), err
}

// Again says whether another try may help after an answer with this status: 408, 429 and class 5 (RFC 9110 section 15).
func Again(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}
