package webauthn

import (
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
)

var domainForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// local is the one name without a dot that browsers take for a secure place.
const local = "localhost"

// checkPlaces refuses a relying party id or an origin at which no ceremony should run.
func checkPlaces(o Options) error {
	if err := CheckRPID(o.RPID); err != nil {
		return err
	}
	if len(o.Origins) == 0 {
		return errors.New("webauthn: Origins is missing")
	}
	for _, origin := range o.Origins {
		host, err := hostOf(origin)
		if err != nil {
			return err
		}
		if host != o.RPID && !strings.HasSuffix(host, "."+o.RPID) {
			return errors.New("webauthn: Origins holds one that is neither RPID nor below it; those elsewhere are RelatedOrigins")
		}
	}
	for _, origin := range o.RelatedOrigins {
		if _, err := hostOf(origin); err != nil {
			return err
		}
	}
	if len(o.RelatedOrigins) > 0 {
		if _, err := protocol.NewRelatedOrigins(slices.Concat(o.Origins, o.RelatedOrigins)...); err != nil {
			return errors.New("webauthn: RelatedOrigins names more domains than browsers read")
		}
	}
	return nil
}

// CheckRPID refuses what is no domain in its plain form. An IP address is none, and neither is one with a port.
func CheckRPID(id string) error {
	if _, err := netip.ParseAddr(id); err == nil {
		return errors.New("webauthn: RPID must be a domain, not an address")
	}
	if id != local && (!domainForm.MatchString(id) || len(id) > 253) {
		return errors.New("webauthn: RPID must be a domain in lower case, such as example.com, or localhost")
	}
	return nil
}

// hostOf answers the host of an origin in its one spelling.
func hostOf(origin string) (string, error) {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme+"://"+u.Host != origin {
		return "", errors.New("webauthn: an origin must be scheme, host and port only, such as https://example.com")
	}
	host := u.Hostname()
	switch {
	case CheckRPID(host) != nil:
		return "", errors.New("webauthn: the host of an origin must be a domain in lower case, without wildcards")
	case u.Scheme == "https" && u.Port() != "443", u.Scheme == "http" && host == local && u.Port() != "80":
		return host, nil
	}
	return "", errors.New("webauthn: an origin must be https without its default port; http is for localhost")
}

// Origins are all origins at which these passkeys may be used, as /.well-known/webauthn publishes them.
func (s *Service) Origins() []string { return slices.Clone(s.origins) }
