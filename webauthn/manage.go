package webauthn

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/undo"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// List answers the user's passkeys, the oldest first, and what the browser should know; that is nil for a user without passkeys.
func (s *Service) List(ctx context.Context, userID string) ([]Credential, *Signals, error) {
	list, err := s.store.List(ctx, userID)
	if err != nil {
		return nil, nil, problem.Unavailable(err)
	}
	if len(list) == 0 {
		return nil, nil, nil
	}
	u, err := s.owner(ctx, userID)
	if err != nil {
		return nil, nil, err
	}
	signals := s.signalsOf(u, list[0].Handle, list)
	return list, &signals, nil
}

// own answers the user's passkey with this id. [problem.ErrNotFound] covers one that is unknown or another user's.
func (s *Service) own(ctx context.Context, userID string, id []byte) (Credential, error) {
	c, err := s.store.Load(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound) || (err == nil && c.UserID != userID):
		return Credential{}, problem.ErrNotFound
	case err != nil:
		return Credential{}, problem.Unavailable(err)
	}
	return c, nil
}

// Rename gives one of the user's passkeys another name and answers it.
func (s *Service) Rename(ctx context.Context, userID string, id []byte, name string) (Credential, error) {
	switch err := s.store.Rename(ctx, userID, id, name); {
	case errors.Is(err, ErrNotFound):
		return Credential{}, problem.ErrNotFound
	case err != nil:
		return Credential{}, problem.Unavailable(err)
	}
	s.record(ctx, "webauthn.rename", userID, nil, "")
	return s.own(ctx, userID, id)
}

// removing is how long one removal keeps others of the same user waiting, at most.
const removing = 10 * time.Second

// Remove removes one of the caller's passkeys, ends the user's other sessions, tells the owner, and answers what the browser
// should know. [problem.ErrLastFactor] says that it is the last way in; of two that are removed at once one waits, so that not both
// are taken for the last but one.
func (s *Service) Remove(ctx context.Context, p *jwt.TokenPayload, id []byte) (Signals, error) {
	c, err := s.own(ctx, p.UserID, id)
	if err != nil {
		return Signals{}, err
	}
	u, err := s.owner(ctx, p.UserID)
	if err != nil {
		return Signals{}, err
	}
	lock := "removing:" + u.ID
	switch alone, err := s.pending.Add(ctx, lock, []byte{1}, removing); {
	case err != nil:
		return Signals{}, problem.Unavailable(err)
	case !alone:
		return Signals{}, problem.ErrRateLimited.WithRetryAfter(time.Second)
	}
	defer func() {
		brief, cancel := undo.Brief(ctx)
		defer cancel()
		_ = s.pending.Delete(brief, lock) // it expires by itself
	}()
	if err := s.remove(ctx, p, u, c); err != nil {
		s.record(ctx, "webauthn.remove", u.ID, err, "")
		return Signals{}, err
	}
	s.record(ctx, "webauthn.remove", u.ID, nil, "")
	s.tell(ctx, u, sender.PasskeyRemoved, c.Name)
	signals, err := s.signals(ctx, u, c.Handle)
	s.bury(ctx, c)
	return signals, err
}

// remove ends the other sessions first: should the rest fail, the passkey is still there.
func (s *Service) remove(ctx context.Context, p *jwt.TokenPayload, u user.User, c Credential) error {
	ways, err := s.gate.Ways(ctx, u)
	if err != nil {
		return problem.Unavailable(err)
	}
	if s.opens(c) {
		ways--
	}
	if ways < 1 {
		return problem.ErrLastFactor
	}
	if err := s.gate.EndOthers(ctx, p); err != nil {
		return err
	}
	was, err := s.store.Delete(ctx, u.ID, c.ID)
	if err != nil {
		return problem.Unavailable(err)
	}
	if !was {
		return problem.ErrNotFound
	}
	return nil
}

// bury remembers what a removed passkey can be recognised by. Without it a browser goes on offering the passkey, and that is all.
func (s *Service) bury(ctx context.Context, c Credential) {
	b, err := json.Marshal(stone{c.ID, c.Handle, c.PublicKey, c.BackupEligible, s.now().UnixMilli()})
	if err == nil {
		brief, cancel := undo.Brief(ctx)
		defer cancel()
		_ = s.pending.Set(brief, tombstone(c.ID), b, tombstoneLife)
	}
}

// Retire lets the browser of a user hear that their passkeys are gone, before [Service.Forget] erases them for an account that lives on.
func (s *Service) Retire(ctx context.Context, userID string) error {
	list, err := s.store.List(ctx, userID)
	if err != nil {
		return problem.Unavailable(err)
	}
	for _, c := range list {
		s.bury(ctx, c)
	}
	return nil
}

// tell sends the owner a notice that names the passkey.
func (s *Service) tell(ctx context.Context, u user.User, kind sender.Kind, name string) {
	o := audit.OriginFrom(ctx)
	s.opts.Outbox.Notice(ctx, u, kind, sender.Data{Detail: name, When: s.opts.Now(), IP: o.IP, UserAgent: o.UserAgent})
}
