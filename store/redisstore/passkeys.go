package redisstore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/webauthn"
)

var _ webauthn.Store = passkeys{}

// passkeys is the view of passkeys and user handles: one hash for each passkey, which claims its id, and for each user a shelf and a
// handle.
type passkeys struct{ view }

// Passkeys is the view of passkeys.
func (s *Store) Passkeys() webauthn.Store { return passkeys{s.view} }

func (p passkeys) name(id string) string { return p.key.of(id, "passkey") }

func (p passkeys) of(userID string) shelf {
	return shelf{view: p.view, owner: userID, field: "user", set: p.key.of(userID, "passkeys"), record: p.name}
}

// passkey is what never changes, in one field. What does has fields of its own.
type passkey struct {
	UserID         string    `json:"user_id"`
	Handle         []byte    `json:"handle"`
	PublicKey      []byte    `json:"public_key"`
	Transports     []string  `json:"transports"`
	AAGUID         []byte    `json:"aaguid"`
	UserVerified   bool      `json:"user_verified"`
	BackupEligible bool      `json:"backup_eligible"`
	CreatedAt      time.Time `json:"created_at"`
}

var handleOf = redis.NewScript(`
redis.call('SETNX', KEYS[1], ARGV[1])
return redis.call('GET', KEYS[1])
`)

// Handle answers the user's handle; where there is none, it becomes fresh.
func (p passkeys) Handle(ctx context.Context, userID string, fresh []byte) ([]byte, error) {
	cmd, err := p.c.run(ctx, handleOf, []string{p.key.of(userID, "handle")}, fresh)
	if err != nil {
		return nil, err
	}
	handle, err := cmd.Text()
	return []byte(handle), wrap(err)
}

var addPasskey = redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'user', ARGV[1], 'record', ARGV[2], 'name', ARGV[3], 'counter', ARGV[4], 'backed_up', ARGV[5], 'used', ARGV[6])
return 1
`)

// Add stores c unless its id is taken.
func (p passkeys) Add(ctx context.Context, c webauthn.Credential) error {
	record, err := encode(passkey{c.UserID, c.Handle, c.PublicKey, c.Transports, c.AAGUID, c.UserVerified, c.BackupEligible, exact(c.CreatedAt)})
	if err != nil {
		return err
	}
	ctx, cancel := p.c.within(ctx)
	defer cancel()
	done, err := p.of(c.UserID).add(ctx, string(c.ID), addPasskey,
		c.UserID, record, c.Name, strconv.FormatUint(uint64(c.Counter), 10), c.BackedUp, usedAt(c.LastUsedAt))
	if err == nil && !done {
		err = webauthn.ErrExists
	}
	return err
}

// usedAt is empty for a passkey that was never used.
func usedAt(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return strconv.FormatInt(at.UnixMilli(), 10)
}

// passkeyFields are what [readPasskey] reads.
var passkeyFields = []string{"record", "name", "counter", "backed_up", "used"}

// Load answers the passkey with this id.
func (p passkeys) Load(ctx context.Context, id []byte) (webauthn.Credential, error) {
	cmd := hashFields(ctx, p.name(string(id)), passkeyFields...)
	if err := p.c.read(ctx, cmd); err != nil {
		return webauthn.Credential{}, err
	}
	return readPasskey(string(id), cmd.Val())
}

// readPasskey makes a passkey of its fields.
func readPasskey(id string, parts []any) (webauthn.Credential, error) {
	if len(parts) != 5 || parts[0] == nil {
		return webauthn.Credential{}, webauthn.ErrNotFound
	}
	var text [5]string
	for i := range text {
		text[i], _ = parts[i].(string)
	}
	var r passkey
	if err := decode(text[0], &r); err != nil {
		return webauthn.Credential{}, err
	}
	counter, err := strconv.ParseUint(text[2], 10, 32)
	if err != nil {
		return webauthn.Credential{}, fmt.Errorf("redisstore: a passkey: %w", err)
	}
	c := webauthn.Credential{
		ID: []byte(id), UserID: r.UserID, Handle: r.Handle, PublicKey: r.PublicKey, Name: text[1], Transports: r.Transports, AAGUID: r.AAGUID,
		Counter: uint32(counter), UserVerified: r.UserVerified, BackupEligible: r.BackupEligible, BackedUp: text[3] == "1", CreatedAt: exact(r.CreatedAt),
	}
	if text[4] != "" {
		ms, err := strconv.ParseInt(text[4], 10, 64)
		if err != nil {
			return webauthn.Credential{}, fmt.Errorf("redisstore: a passkey: %w", err)
		}
		c.LastUsedAt = fromMilli(ms)
	}
	return c, nil
}

// List answers the user's passkeys, the oldest first.
func (p passkeys) List(ctx context.Context, userID string) ([]webauthn.Credential, error) {
	ctx, cancel := p.c.within(ctx)
	defer cancel()
	list, err := listed(ctx, p.of(userID), passkeyFields, readPasskey)
	slices.SortFunc(list, func(a, b webauthn.Credential) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), bytes.Compare(a.ID, b.ID))
	})
	return list, err
}

var advancePasskey = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'counter') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'counter', ARGV[2], 'backed_up', ARGV[3], 'used', ARGV[4])
return 1
`)

// Advance records a use if the counter still stands.
func (p passkeys) Advance(ctx context.Context, id []byte, u webauthn.Use) (bool, error) {
	cmd, err := p.c.run(ctx, advancePasskey, []string{p.name(string(id))},
		strconv.FormatUint(uint64(u.From), 10), strconv.FormatUint(uint64(u.To), 10), u.BackedUp, usedAt(u.At))
	if err != nil {
		return false, err
	}
	return cmd.Bool()
}

var renamePasskey = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'user') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'name', ARGV[2])
return 1
`)

// Rename gives the user's passkey another name.
func (p passkeys) Rename(ctx context.Context, userID string, id []byte, name string) error {
	cmd, err := p.c.run(ctx, renamePasskey, []string{p.name(string(id))}, userID, name)
	if err != nil {
		return err
	}
	if done, err := cmd.Bool(); err != nil || done {
		return wrap(err)
	}
	return webauthn.ErrNotFound
}

// Delete removes the user's passkey with this id.
func (p passkeys) Delete(ctx context.Context, userID string, id []byte) (bool, error) {
	ctx, cancel := p.c.within(ctx)
	defer cancel()
	_, was, err := p.of(userID).remove(ctx, string(id))
	return was, err
}

var dropKey = redis.NewScript(`return redis.call('DEL', KEYS[1])`)

// DeleteAll removes the user's passkeys and handle.
func (p passkeys) DeleteAll(ctx context.Context, userID string) error {
	ctx, cancel := p.c.within(ctx)
	defer cancel()
	if err := p.of(userID).removeAll(ctx); err != nil {
		return err
	}
	_, err := p.c.run(ctx, dropKey, []string{p.key.of(userID, "handle")})
	return err
}
