package mongostore

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// scalar is all that a filter compares with. Text is not among the types that come from outside: it arrives as [text] or
// hashed into an id, so that nothing that a client sends can be read as an operator.
type scalar interface {
	bson.Binary | bson.DateTime | bson.Timestamp | int64 | text
}

// The members of a filter. A filter is a bson.D of these and of nothing else: no map, no string, no value of a type that
// is only known at run time.

func eq[V scalar](field string, v V) bson.E { return where(field, "$eq", v) }

func below[V scalar](field string, v V) bson.E { return where(field, "$lt", v) }

func upTo[V scalar](field string, v V) bson.E { return where(field, "$lte", v) }

func atLeast[V scalar](field string, v V) bson.E { return where(field, "$gte", v) }

func above[V scalar](field string, v V) bson.E { return where(field, "$gt", v) }

// anyOf selects documents by their ids.
func anyOf(ids []bson.Binary) bson.E { return where(fieldID, "$in", ids) }

func where(field, operator string, v any) bson.E {
	return bson.E{Key: field, Value: bson.D{{Key: operator, Value: v}}}
}

// The names of fields that several collections have in common.
const (
	fieldID      = "_id"
	fieldUser    = "user"
	fieldCreated = "created_at"
	fieldExpires = "expires_at"
)

func byID(id bson.Binary) bson.D { return bson.D{eq(fieldID, id)} }

// live selects a document until its time is over. Nothing that expires is read without it: a TTL index removes late.
func live(id bson.Binary, now time.Time) bson.D {
	return bson.D{eq(fieldID, id), above(fieldExpires, date(now))}
}

// over selects a document whose time is over and that was not removed yet.
func over(id bson.Binary, now time.Time) bson.D {
	return bson.D{eq(fieldID, id), upTo(fieldExpires, date(now))}
}

// set makes an update of a document that replaces the values of fields.
func set(fields ...bson.E) bson.D { return bson.D{{Key: "$set", Value: bson.D(fields)}} }

// add makes an update of a document that adds n to a number.
func add(number string, n int64) bson.D {
	return bson.D{{Key: "$inc", Value: bson.D{field(number, n)}}}
}

// field is a field of an update.
func field[V scalar | bool](name string, v V) bson.E { return bson.E{Key: name, Value: v} }
