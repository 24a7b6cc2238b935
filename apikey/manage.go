package apikey

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// Spec is what a new key is to be.
type Spec struct {
	// Name is the owner's own word for it: 1 to 64 printing characters.
	Name string
	// Scopes are the rights, as RFC 6749 section 3.3 writes them. None are none.
	Scopes []string
	// AllowedIPs are addresses or networks in CIDR form. Nil stands for everywhere; empty but not nil is an error.
	AllowedIPs []string
	// PublicKeys are SPKI in PEM or JWKs. See [ParsePublicKey].
	PublicKeys []string
	// NotBefore and ExpiresAt bound its life; zero ones do not.
	NotBefore, ExpiresAt time.Time
}

// Made is a key with its new secret, which is shown this once.
type Made struct {
	Key Key
	// Secret is the whole secret: "api_key" and "client_secret".
	Secret string
}

// Create makes a key for the owner. What the spec says wrong is invalid_request and names the field; a boundary beyond the owner's own
// is insufficient_scope; an owner who is unknown is not_found. The owner is told.
func (s *Service) Create(ctx context.Context, ownerID string, spec Spec) (Made, error) {
	u, err := s.users.ByID(ctx, ownerID)
	if errors.Is(err, user.ErrNotFound) {
		return Made{}, problem.ErrNotFound
	}
	if err != nil {
		return Made{}, problem.Unavailable(err)
	}
	k, err := s.judge(ctx, u, spec)
	if err != nil {
		return Made{}, err
	}
	held, err := s.keys.List(ctx, ownerID, MostKeys)
	if err != nil {
		return Made{}, problem.Unavailable(err)
	}
	if len(held) >= MostKeys {
		return Made{}, problem.ErrInvalidRequest.WithDetail("There are too many keys; revoke one first.")
	}
	text, stored := s.makeSecret(k.ID)
	k.Secrets = []Secret{stored}
	if err := s.keys.Create(ctx, k); err != nil { // an id of 80 random bits is not taken
		return Made{}, problem.Unavailable(err)
	}
	s.record(ctx, "apikey.create", k)
	s.tell(ctx, k.OwnerID, sender.APIKeyAdded, k.Name)
	return Made{k, text}, nil
}

// judge reads a spec.
func (s *Service) judge(ctx context.Context, u user.User, spec Spec) (Key, error) {
	if spec.Name == "" {
		return Key{}, invalid("name", "is missing")
	}
	if err := web.CheckText("name", spec.Name); err != nil {
		return Key{}, err
	}
	k := Key{
		ID: random(idBytes), OwnerID: u.ID, TenantID: u.TenantID, Name: spec.Name, CreatedAt: s.now(), Generation: newGeneration(), Version: 1,
		NotBefore: exact(spec.NotBefore), ExpiresAt: exact(spec.ExpiresAt),
	}
	var err error
	if k.Scopes, err = parseScopes(spec.Scopes); err != nil {
		return Key{}, err
	}
	if k.AllowedIPs, err = parseNetworks(spec.AllowedIPs); err != nil {
		return Key{}, err
	}
	if k.PublicKeys, err = parsePublicKeys(spec.PublicKeys); err != nil {
		return Key{}, err
	}
	if !k.ExpiresAt.IsZero() && (!k.ExpiresAt.After(k.CreatedAt) || !k.ExpiresAt.After(k.NotBefore)) {
		return Key{}, invalid("expires_at", "is over before it begins")
	}
	if !within(boundary(k.Scopes), u.Scope) {
		return Key{}, problem.ErrInsufficientScope
	}
	if s.opts.MayGrant != nil {
		err := s.opts.MayGrant(ctx, u, slices.Clone(k.Scopes))
		switch {
		case errors.Is(err, problem.ErrUnavailable): // nobody said no
			return Key{}, err
		case err != nil:
			return Key{}, problem.ErrInsufficientScope.Wrap(err)
		}
	}
	return k, nil
}

// exact is a time as every store keeps it.
func exact(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

// List answers the owner's keys, the newest first.
func (s *Service) List(ctx context.Context, ownerID string) ([]Key, error) {
	keys, err := s.keys.List(ctx, ownerID, MostKeys)
	if err != nil {
		return nil, problem.Unavailable(err)
	}
	return keys, nil
}

// remembered is how long a key knows of a secret that has ended: longer than anything that was got by it.
const remembered = 2 * session.LongestToken

// changeTries bounds how often a change competes with others of the same key.
const changeTries = 16

// change reads a key of the owner, lets f change it, and stores it unless somebody else changed it meanwhile; then it begins anew.
func (s *Service) change(ctx context.Context, ownerID, id string, f func(k *Key) error) (Key, error) {
	for range changeTries {
		k, err := s.keys.Load(ctx, id)
		if errors.Is(err, ErrNotFound) || (err == nil && k.OwnerID != ownerID) {
			return Key{}, problem.ErrNotFound
		}
		if err != nil {
			return Key{}, problem.Unavailable(err)
		}
		if err := f(&k); err != nil {
			return Key{}, err
		}
		k.Version++
		ok, err := s.keys.Replace(ctx, k)
		if err != nil {
			return Key{}, problem.Unavailable(err)
		}
		if ok {
			return k, nil
		}
	}
	return Key{}, problem.Unavailable(errors.New("apikey: too many changes of one key at once"))
}

// Rotate gives the key a new secret. The old one, and the tokens that were got by it, live on for overlap; 0 ends both at once.
// Another owner's key is not_found. The owner is told.
func (s *Service) Rotate(ctx context.Context, ownerID, id string, overlap time.Duration) (Made, error) {
	if overlap < 0 || overlap > LongestOverlap {
		return Made{}, invalid("overlap_seconds", "is out of range")
	}
	now := s.now()
	text, stored := s.makeSecret(id)
	var dropped []Secret
	k, err := s.change(ctx, ownerID, id, func(k *Key) error {
		held := slices.DeleteFunc(slices.Clone(k.Secrets), func(old Secret) bool {
			return !old.Until.IsZero() && now.Sub(old.Until) > remembered
		})
		for i := range held {
			if end := now.Add(overlap); held[i].Until.IsZero() || end.Before(held[i].Until) {
				held[i].Until = end
			}
		}
		held = append([]Secret{stored}, held...)
		dropped = nil
		if len(held) > MostSecrets {
			held, dropped = held[:MostSecrets], held[MostSecrets:]
		}
		k.Secrets = held
		return nil
	})
	if err != nil {
		return Made{}, err
	}
	// What fails here is done by the next rotation: every old secret is in the list until others push it out.
	for _, old := range k.Secrets[1:] {
		if err := s.gate.EndKey(ctx, ownerID, id, old.Until, old.Generation); err != nil {
			return Made{}, err
		}
	}
	for _, old := range dropped {
		if err := s.gate.EndKey(ctx, ownerID, id, now, old.Generation); err != nil {
			return Made{}, err
		}
	}
	s.record(ctx, "apikey.rotate", k)
	s.tell(ctx, ownerID, sender.APIKeyAdded, k.Name)
	return Made{k, text}, nil
}

// Revoke removes the key and ends its tokens at once. Another owner's key is not_found. The owner is told.
func (s *Service) Revoke(ctx context.Context, ownerID, id string) error {
	k, err := s.keys.Load(ctx, id)
	if errors.Is(err, ErrNotFound) || (err == nil && k.OwnerID != ownerID) {
		return problem.ErrNotFound
	}
	if err != nil {
		return problem.Unavailable(err)
	}
	// The tokens first: if the store fails after that, the key is still there to be revoked again.
	if err := s.end(ctx, k); err != nil {
		return err
	}
	gone, err := s.keys.Delete(ctx, ownerID, id)
	if errors.Is(err, ErrNotFound) {
		return problem.ErrNotFound
	}
	if err != nil {
		return problem.Unavailable(err)
	}
	// And those of a secret that came with a rotation in between.
	if gone.Version != k.Version {
		if err := s.end(ctx, gone); err != nil {
			return err
		}
	}
	s.record(ctx, "apikey.revoke", k)
	s.tell(ctx, ownerID, sender.APIKeyRemoved, k.Name)
	return nil
}

// end ends every token of the key.
func (s *Service) end(ctx context.Context, k Key) error {
	return s.gate.EndKey(ctx, k.OwnerID, k.ID, s.now(), generations(k)...)
}

// generations are those of all tokens that can be alive.
func generations(k Key) []string {
	all := []string{k.Generation}
	for _, held := range k.Secrets {
		all = append(all, held.Generation)
	}
	return all
}

// Disable refuses every use of the key and ends its tokens at once, until [Service.Enable].
func (s *Service) Disable(ctx context.Context, ownerID, id string) error {
	k, err := s.change(ctx, ownerID, id, func(k *Key) error { k.Disabled = true; return nil })
	if err != nil {
		return err
	}
	if err := s.end(ctx, k); err != nil {
		return err
	}
	s.record(ctx, "apikey.disable", k)
	return nil
}

// Enable lets a disabled key in again. Tokens that were ended stay dead.
func (s *Service) Enable(ctx context.Context, ownerID, id string) error {
	k, err := s.change(ctx, ownerID, id, func(k *Key) error {
		if !k.Disabled {
			return nil
		}
		k.Disabled, k.Generation = false, newGeneration()
		k.Secrets = slices.Clone(k.Secrets)
		for i := range k.Secrets {
			k.Secrets[i].Generation = newGeneration()
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.record(ctx, "apikey.enable", k)
	return nil
}

// Forget removes every key of the owner. Their tokens end with the owner's sessions.
func (s *Service) Forget(ctx context.Context, ownerID string) error {
	if err := s.keys.DeleteAll(ctx, ownerID); err != nil {
		return problem.Unavailable(err)
	}
	return nil
}

// record names the key by its id.
func (s *Service) record(ctx context.Context, name string, k Key) {
	s.opts.Audit.RecordVerb(ctx, audit.Event{Name: name, Outcome: audit.Success, UserID: k.OwnerID, Fields: map[string]string{"key": k.ID}})
}

func invalid(field, why string) error {
	return problem.ErrInvalidRequest.WithDetail("The field " + field + " " + why + ".")
}
