package mongostore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/apikey"
)

var _ apikey.Store = (*apiKeys)(nil)

// apiKeys is the view of API keys: one document for each, which claims its id.
type apiKeys struct{ table }

// APIKeys is the view of API keys.
func (s *Store) APIKeys() apikey.Store { return &apiKeys{s.table(apiKeysTable)} }

// keyDoc is the document of a key. The record is what comes back; the rest is for filters.
type keyDoc struct {
	ID bson.Binary `bson:"_id"`
	// User is a hash of the owner's id.
	User      bson.Binary   `bson:"user"`
	Version   int64         `bson:"version"`
	CreatedAt bson.DateTime `bson:"created_at"`
	Record    bson.Binary   `bson:"record"`
}

// keyRecord is a key as it is stored: JSON of its own names, with times in milliseconds since 1970 and nothing for none.
type keyRecord struct {
	ID         string         `json:"id"`
	OwnerID    string         `json:"owner"`
	TenantID   string         `json:"tenant,omitzero"`
	Name       string         `json:"name"`
	Scopes     []string       `json:"scopes,omitempty"`
	AllowedIPs []string       `json:"ips,omitempty"`
	PublicKeys []string       `json:"keys,omitempty"`
	Secrets    []secretRecord `json:"secrets,omitempty"`
	Generation string         `json:"generation"`
	CreatedAt  *int64         `json:"created,omitzero"`
	NotBefore  *int64         `json:"not_before,omitzero"`
	ExpiresAt  *int64         `json:"expires,omitzero"`
	LastUsedAt *int64         `json:"used,omitzero"`
	Disabled   bool           `json:"disabled,omitzero"`
	Version    int64          `json:"version"`
}

type secretRecord struct {
	Prefix     string `json:"prefix"`
	Hash       []byte `json:"hash"`
	Generation string `json:"generation"`
	CreatedAt  *int64 `json:"created,omitzero"`
	Until      *int64 `json:"until,omitzero"`
}

// someMilli is nothing for the zero time.
func someMilli(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := floorMilli(t)
	return &ms
}

func fromSome(ms *int64) time.Time {
	if ms == nil {
		return time.Time{}
	}
	return milli(*ms)
}

func (a *apiKeys) doc(k apikey.Key) (keyDoc, error) {
	r := keyRecord{
		k.ID, k.OwnerID, k.TenantID, k.Name, k.Scopes, k.AllowedIPs, k.PublicKeys, make([]secretRecord, len(k.Secrets)), k.Generation,
		someMilli(k.CreatedAt), someMilli(k.NotBefore), someMilli(k.ExpiresAt), someMilli(k.LastUsedAt), k.Disabled, k.Version,
	}
	for i, s := range k.Secrets {
		r.Secrets[i] = secretRecord{s.Prefix, s.Hash, s.Generation, someMilli(s.CreatedAt), someMilli(s.Until)}
	}
	b, err := json.Marshal(r, encodeBytes)
	if err != nil {
		return keyDoc{}, fmt.Errorf("mongostore: an API key that cannot be stored: %w", err)
	}
	return keyDoc{a.name(k.ID), a.owner(k.OwnerID), k.Version, date(k.CreatedAt), bson.Binary{Data: b}}, nil
}

func (d keyDoc) key() (apikey.Key, error) {
	var r keyRecord
	if err := json.Unmarshal(d.Record.Data, &r, decodeBytes); err != nil {
		return apikey.Key{}, fmt.Errorf("mongostore: an API key that cannot be read: %w", err)
	}
	k := apikey.Key{
		ID: r.ID, OwnerID: r.OwnerID, TenantID: r.TenantID, Name: r.Name, Scopes: r.Scopes, AllowedIPs: r.AllowedIPs, PublicKeys: r.PublicKeys,
		Generation: r.Generation, CreatedAt: fromSome(r.CreatedAt), NotBefore: fromSome(r.NotBefore), ExpiresAt: fromSome(r.ExpiresAt),
		LastUsedAt: fromSome(r.LastUsedAt), Disabled: r.Disabled, Version: r.Version,
	}
	for _, s := range r.Secrets {
		k.Secrets = append(k.Secrets, apikey.Secret{
			Prefix: s.Prefix, Hash: s.Hash, Generation: s.Generation, CreatedAt: fromSome(s.CreatedAt), Until: fromSome(s.Until),
		})
	}
	return k, nil
}

func (a *apiKeys) name(id string) bson.Binary { return a.id("apikey", id) }

func (a *apiKeys) owner(ownerID string) bson.Binary { return a.id("user", ownerID) }

// Create stores a key whose id nobody holds, in one round trip.
func (a *apiKeys) Create(ctx context.Context, k apikey.Key) error {
	ctx, done, err := a.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	doc, err := a.doc(k)
	if err != nil {
		return err
	}
	stored, err := a.insert(ctx, doc)
	if err == nil && !stored {
		err = apikey.ErrExists
	}
	return err
}

// Load answers the key, in one round trip.
func (a *apiKeys) Load(ctx context.Context, id string) (apikey.Key, error) {
	ctx, done, err := a.begin(ctx)
	if err != nil {
		return apikey.Key{}, err
	}
	defer done()
	var doc keyDoc
	found, err := a.find(ctx, byID(a.name(id)), &doc)
	switch {
	case err != nil:
		return apikey.Key{}, err
	case !found:
		return apikey.Key{}, apikey.ErrNotFound
	}
	return doc.key()
}

// List answers the newest keys of the owner, in one round trip, by an index.
func (a *apiKeys) List(ctx context.Context, ownerID string, limit int) ([]apikey.Key, error) {
	ctx, done, err := a.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if limit <= 0 {
		return nil, nil
	}
	var docs []keyDoc
	newest := bson.D{{Key: "created_at", Value: -1}, {Key: fieldID, Value: -1}}
	if err := a.findAll(ctx, bson.D{eq("user", a.owner(ownerID))}, limit, newest, &docs); err != nil {
		return nil, err
	}
	keys := make([]apikey.Key, len(docs))
	for i, doc := range docs {
		if keys[i], err = doc.key(); err != nil {
			return nil, err
		}
	}
	return slices.Clip(keys), nil
}

// Replace puts next in place of the version before it, in one round trip: a single update whose filter names that version.
func (a *apiKeys) Replace(ctx context.Context, next apikey.Key) (bool, error) {
	ctx, done, err := a.begin(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	doc, err := a.doc(next)
	if err != nil {
		return false, err
	}
	return a.replace(ctx, append(a.of(next.OwnerID, next.ID), eq("version", next.Version-1)), doc)
}

// of selects a key of the owner.
func (a *apiKeys) of(ownerID, id string) bson.D {
	return append(byID(a.name(id)), eq("user", a.owner(ownerID)))
}

// Delete removes a key of the owner, in one round trip.
func (a *apiKeys) Delete(ctx context.Context, ownerID, id string) (apikey.Key, error) {
	ctx, done, err := a.begin(ctx)
	if err != nil {
		return apikey.Key{}, err
	}
	defer done()
	var doc keyDoc
	found, err := a.take(ctx, a.of(ownerID, id), &doc)
	switch {
	case err != nil:
		return apikey.Key{}, err
	case !found:
		return apikey.Key{}, apikey.ErrNotFound
	}
	return doc.key()
}

// DeleteAll removes every key of the owner, in one round trip.
func (a *apiKeys) DeleteAll(ctx context.Context, ownerID string) error {
	ctx, done, err := a.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	_, err = a.removeAll(ctx, bson.D{eq("user", a.owner(ownerID))})
	return err
}
