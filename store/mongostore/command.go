package mongostore

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Each of these is one round trip. The boolean says whether a document was there to be read or changed; an error says that
// the back end failed and that nothing is known.

// find reads one document into out.
func (t *table) find(ctx context.Context, filter bson.D, out any) (bool, error) {
	return t.found(ctx, "find", t.c.FindOne(ctx, filter).Decode(out))
}

// insert stores a document whose id nobody holds, and answers false where somebody does. It is the only way in which something
// unique is claimed.
func (t *table) insert(ctx context.Context, doc any) (bool, error) {
	_, err := t.c.InsertOne(ctx, doc)
	if mongo.IsDuplicateKeyError(err) {
		return false, nil
	}
	if err != nil {
		return false, t.failed(ctx, "insert", err)
	}
	return true, nil
}

// replace puts doc in the place of the document that the filter selects.
func (t *table) replace(ctx context.Context, filter bson.D, doc any) (bool, error) {
	r, err := t.c.ReplaceOne(ctx, filter, doc)
	if err != nil {
		return false, t.failed(ctx, "replace", err)
	}
	return r.MatchedCount > 0, nil
}

// update changes the document that the filter selects.
func (t *table) update(ctx context.Context, filter, change bson.D) (bool, error) {
	r, err := t.c.UpdateOne(ctx, filter, change)
	if err != nil {
		return false, t.failed(ctx, "update", err)
	}
	return r.MatchedCount > 0, nil
}

// modify changes the document that the filter selects and reads what it has become.
func (t *table) modify(ctx context.Context, filter, change bson.D, out any) (bool, error) {
	after := options.FindOneAndUpdate().SetReturnDocument(options.After)
	return t.found(ctx, "findAndModify", t.c.FindOneAndUpdate(ctx, filter, change, after).Decode(out))
}

// take removes the document that the filter selects and reads what it was. Of many callers one gets it.
func (t *table) take(ctx context.Context, filter bson.D, out any) (bool, error) {
	return t.found(ctx, "findAndModify", t.c.FindOneAndDelete(ctx, filter).Decode(out))
}

// remove removes the document that the filter selects.
func (t *table) remove(ctx context.Context, filter bson.D) (bool, error) {
	r, err := t.c.DeleteOne(ctx, filter)
	if err != nil {
		return false, t.failed(ctx, "delete", err)
	}
	return r.DeletedCount > 0, nil
}

// removeAll removes every document that the filter selects, each for itself, and answers how many there were.
func (t *table) removeAll(ctx context.Context, filter bson.D) (int64, error) {
	r, err := t.c.DeleteMany(ctx, filter)
	if err != nil {
		return 0, t.failed(ctx, "delete", err)
	}
	return r.DeletedCount, nil
}

// findAll reads at most limit documents into out, a pointer to a slice. A batch that has room for one more is the last one: some
// servers would be asked for another that is empty.
func (t *table) findAll(ctx context.Context, filter bson.D, limit int, order bson.D, out any) error {
	o := options.Find().SetLimit(int64(limit)).SetBatchSize(int32(min(limit, 10_000)) + 1) //nolint:gosec // small
	if order != nil {
		o.SetSort(order)
	}
	cursor, err := t.c.Find(ctx, filter, o)
	if err == nil {
		err = cursor.All(ctx, out)
	}
	if err != nil {
		return t.failed(ctx, "find", err)
	}
	return nil
}

// put stores doc under id, in the place of what was there.
func (t *table) put(ctx context.Context, id bson.Binary, doc any) error {
	return t.upsert(ctx, "replace", func() error {
		_, err := t.c.ReplaceOne(ctx, byID(id), doc, options.Replace().SetUpsert(true))
		return err
	})
}

// merge changes the document under id, and makes it where there is none.
func (t *table) merge(ctx context.Context, id bson.Binary, change bson.D) error {
	return t.upsert(ctx, "update", func() error {
		_, err := t.c.UpdateOne(ctx, byID(id), change, options.UpdateOne().SetUpsert(true))
		return err
	})
}

// mergeModify is [table.merge] that reads what the document has become.
func (t *table) mergeModify(ctx context.Context, id bson.Binary, change bson.D, out any) error {
	after := options.FindOneAndUpdate().SetReturnDocument(options.After).SetUpsert(true)
	return t.upsert(ctx, "findAndModify", func() error {
		return t.c.FindOneAndUpdate(ctx, byID(id), change, after).Decode(out)
	})
}

// upsert runs a command that makes the document where there is none. Two that make it at once may end in a duplicate key for
// one of them, which finds the document there when it tries again.
func (t *table) upsert(ctx context.Context, command string, run func() error) error {
	for range tries {
		err := run()
		if mongo.IsDuplicateKeyError(err) {
			continue
		}
		if err != nil {
			return t.failed(ctx, command, err)
		}
		return nil
	}
	return errContended
}

// found tells a document that is not there from a failure.
func (t *table) found(ctx context.Context, command string, err error) (bool, error) {
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return false, nil
	case err != nil:
		return false, t.failed(ctx, command, err)
	}
	return true, nil
}
