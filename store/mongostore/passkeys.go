package mongostore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/webauthn"
)

var _ webauthn.Store = (*passkeys)(nil)

// passkeys is the view of passkeys and user handles: one document for each passkey, which claims its id, and one for each handle.
type passkeys struct{ table }

// Passkeys is the view of passkeys.
func (s *Store) Passkeys() webauthn.Store { return &passkeys{s.table(passkeysTable)} }

// passkeyDoc is the document of a passkey. What never changes is in the record.
type passkeyDoc struct {
	ID bson.Binary `bson:"_id"`
	// User is a hash of the owner's id.
	User      bson.Binary   `bson:"user"`
	CreatedAt bson.DateTime `bson:"created_at"`
	Record    bson.Binary   `bson:"record"`
	Name      text          `bson:"name"`
	Counter   int64         `bson:"counter"`
	BackedUp  bool          `bson:"backed_up"`
	// UsedAt is in milliseconds since 1970, or nil for a passkey that was never used.
	UsedAt *int64 `bson:"used_at"`
}

// passkeyRecord is JSON of its own names.
type passkeyRecord struct {
	ID             []byte   `json:"id"`
	UserID         string   `json:"user"`
	Handle         []byte   `json:"handle"`
	PublicKey      []byte   `json:"key"`
	Transports     []string `json:"transports,omitempty"`
	AAGUID         []byte   `json:"aaguid"`
	UserVerified   bool     `json:"verified"`
	BackupEligible bool     `json:"eligible"`
}

type handleDoc struct {
	ID     bson.Binary `bson:"_id"`
	Handle bson.Binary `bson:"handle"`
}

func (p *passkeys) name(id []byte) bson.Binary { return p.id("passkey", string(id)) }

func (p *passkeys) owner(userID string) bson.Binary { return p.id("user", userID) }

// of selects a passkey of the user.
func (p *passkeys) of(userID string, id []byte) bson.D {
	return append(byID(p.name(id)), eq("user", p.owner(userID)))
}

func (d passkeyDoc) passkey() (webauthn.Credential, error) {
	var r passkeyRecord
	if err := json.Unmarshal(d.Record.Data, &r, decodeBytes); err != nil {
		return webauthn.Credential{}, fmt.Errorf("mongostore: a passkey that cannot be read: %w", err)
	}
	return webauthn.Credential{
		ID: r.ID, UserID: r.UserID, Handle: r.Handle, PublicKey: r.PublicKey, Name: string(d.Name), Transports: r.Transports, AAGUID: r.AAGUID,
		Counter: uint32(d.Counter), UserVerified: r.UserVerified, BackupEligible: r.BackupEligible, BackedUp: d.BackedUp, //nolint:gosec // it was a uint32
		CreatedAt: instant(d.CreatedAt), LastUsedAt: fromSome(d.UsedAt),
	}, nil
}

// Handle answers the user's handle; where there is none, it becomes fresh. It takes one round trip where there is one.
func (p *passkeys) Handle(ctx context.Context, userID string, fresh []byte) ([]byte, error) {
	ctx, done, err := p.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	id := p.id("handle", userID)
	for range tries {
		var doc handleDoc
		found, err := p.find(ctx, byID(id), &doc)
		if err != nil || found {
			return doc.Handle.Data, err
		}
		stored, err := p.insert(ctx, handleDoc{id, bson.Binary{Data: fresh}})
		if err != nil || stored {
			return bytes.Clone(fresh), err
		}
	}
	return nil, errContended
}

// Add stores c unless its id is taken, in one round trip.
func (p *passkeys) Add(ctx context.Context, c webauthn.Credential) error {
	ctx, done, err := p.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	record, err := json.Marshal(passkeyRecord{
		c.ID, c.UserID, c.Handle, c.PublicKey, c.Transports, c.AAGUID, c.UserVerified, c.BackupEligible,
	}, encodeBytes)
	if err != nil {
		return fmt.Errorf("mongostore: a passkey that cannot be stored: %w", err)
	}
	stored, err := p.insert(ctx, passkeyDoc{
		p.name(c.ID), p.owner(c.UserID), date(c.CreatedAt), bson.Binary{Data: record}, text(c.Name), int64(c.Counter), c.BackedUp, someMilli(c.LastUsedAt),
	})
	if err == nil && !stored {
		err = webauthn.ErrExists
	}
	return err
}

// Load answers the passkey with this id, in one round trip.
func (p *passkeys) Load(ctx context.Context, id []byte) (webauthn.Credential, error) {
	ctx, done, err := p.begin(ctx)
	if err != nil {
		return webauthn.Credential{}, err
	}
	defer done()
	var doc passkeyDoc
	found, err := p.find(ctx, byID(p.name(id)), &doc)
	switch {
	case err != nil:
		return webauthn.Credential{}, err
	case !found:
		return webauthn.Credential{}, webauthn.ErrNotFound
	}
	return doc.passkey()
}

// mostListed is more than a user may have.
const mostListed = 1000

// List answers the user's passkeys, the oldest first, in one round trip, by an index.
func (p *passkeys) List(ctx context.Context, userID string) ([]webauthn.Credential, error) {
	ctx, done, err := p.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var docs []passkeyDoc
	oldest := bson.D{{Key: "created_at", Value: 1}}
	if err := p.findAll(ctx, bson.D{eq("user", p.owner(userID))}, mostListed, oldest, &docs); err != nil {
		return nil, err
	}
	list := make([]webauthn.Credential, len(docs))
	for i, doc := range docs {
		if list[i], err = doc.passkey(); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(list, func(a, b webauthn.Credential) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), bytes.Compare(a.ID, b.ID))
	})
	return list, nil
}

// Advance records a use if the counter still stands, in one round trip: a single update whose filter names the counter.
func (p *passkeys) Advance(ctx context.Context, id []byte, u webauthn.Use) (bool, error) {
	ctx, done, err := p.begin(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	return p.update(ctx, append(byID(p.name(id)), eq("counter", int64(u.From))),
		set(field("counter", int64(u.To)), field("backed_up", u.BackedUp), field("used_at", floorMilli(u.At))))
}

// Rename gives the user's passkey another name, in one round trip.
func (p *passkeys) Rename(ctx context.Context, userID string, id []byte, name string) error {
	ctx, done, err := p.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	found, err := p.update(ctx, p.of(userID, id), set(field("name", text(name))))
	if err == nil && !found {
		err = webauthn.ErrNotFound
	}
	return err
}

// Delete removes the user's passkey with this id, in one round trip.
func (p *passkeys) Delete(ctx context.Context, userID string, id []byte) (bool, error) {
	ctx, done, err := p.begin(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	return p.remove(ctx, p.of(userID, id))
}

// DeleteAll removes the user's passkeys and handle, in two round trips.
func (p *passkeys) DeleteAll(ctx context.Context, userID string) error {
	ctx, done, err := p.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	if _, err := p.removeAll(ctx, bson.D{eq("user", p.owner(userID))}); err != nil {
		return err
	}
	_, err = p.remove(ctx, byID(p.id("handle", userID)))
	return err
}
