package session

import (
	"context"
	"net/netip"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/clientip"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// tell sends the owner a notice about the request of ctx, where the host has messages.
func (s *Service) tell(ctx context.Context, u user.User, kind sender.Kind, detail string) {
	if s.opts.Notice == nil {
		return
	}
	o := audit.OriginFrom(ctx)
	s.opts.Notice(ctx, u, kind, sender.Data{Detail: detail, When: s.opts.Now(), IP: o.IP, UserAgent: o.UserAgent})
}

// newDevice reports whether the session is unlike all that were remembered of its user when it began, by browser and by address. It is a hint
// to the owner and no control: a thief can send the owner's User-Agent, and a user without a record of a session has nothing to compare
// with, nor have the first two who come at the same time.
func newDevice(sess Session, others []Session) bool {
	for _, other := range others {
		if other.UserAgent == sess.UserAgent || networkOf(other.IP) == networkOf(sess.IP) {
			return false
		}
	}
	return len(others) > 0
}

// networkOf folds the addresses of one subscriber.
func networkOf(ip string) string {
	a, _ := netip.ParseAddr(ip) // none is an unknown one
	return clientip.Bucket(a)
}
