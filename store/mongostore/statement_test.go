package mongostore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// statement is what one command asks of a collection.
type statement struct {
	command, collection string
	by                  []term
	order               []direction
	limit               int64
	// many says that more than one document is written.
	many bool
}

// term is a member of a filter.
type term struct{ field, operator string }

// direction is a field of an index or of a sort.
type direction struct {
	field string
	sign  int64
}

// idIndex is the one that every collection has.
const idIndex = "_id_"

func (s statement) String() string {
	text := fmt.Sprintf("%s in %s by %v", s.command, s.collection, s.by)
	if s.order != nil {
		text += fmt.Sprintf(" in the order %v", s.order)
	}
	if s.limit > 0 {
		text += " with a limit"
	}
	if s.many {
		text += ", every one of them"
	}
	return text
}

func (s statement) field(name string) (operator string, ok bool) {
	i := slices.IndexFunc(s.by, func(t term) bool { return t.field == name })
	if i < 0 {
		return "", false
	}
	return s.by[i].operator, true
}

// served answers the index by which MongoDB reaches the documents that the statement is about, and those alone, or an error where it
// would have to look at others. It is MongoDB's rule for compound indexes: fields that are compared for equality come first, then those of
// the sort, then a range.
func (s statement) served(indexes map[string][]direction) (name string, err error) {
	if operator, ok := s.field("_id"); ok && (operator == "$eq" || operator == "$in" && (s.limit > 0 || s.many)) {
		return idIndex, nil
	}
	switch {
	case s.command == "find" && s.limit == 0:
		return "", fmt.Errorf("%v: it has no limit", s)
	case s.command != "find" && !s.many:
		return "", fmt.Errorf("%v: one document is written, and the filter does not name its id", s)
	}
	for name, keys := range indexes {
		if s.servedBy(keys) {
			return name, nil
		}
	}
	return "", fmt.Errorf("%v: none of the indexes %v serves it", s, indexes)
}

func (s statement) servedBy(keys []direction) bool {
	equal := 0
	for equal < len(keys) {
		if operator, ok := s.field(keys[equal].field); !ok || operator != "$eq" {
			break
		}
		equal++
	}
	rest := keys[equal:]
	if len(rest) < len(s.order) {
		return false
	}
	for i, o := range s.order { // an index is read from either end
		if o.field != rest[i].field || o.sign*s.order[0].sign != rest[i].sign*rest[0].sign {
			return false
		}
	}
	bounded := equal
	for _, t := range s.by {
		switch {
		case slices.ContainsFunc(keys[:equal], func(d direction) bool { return d.field == t.field }):
		case len(rest) > 0 && t.field == rest[0].field && t.operator != "$in":
			bounded++
		case t.field == "expires_at" && t.operator == "$gt":
			// It leaves out what is over: of no more than an hour, since what is older is removed.
		default:
			return false
		}
	}
	return bounded > 0
}

// statementsOf are what a command of the store's asks. An insert asks nothing.
func statementsOf(t testing.TB, name string, command bson.Raw) []statement {
	t.Helper()
	on := statement{command: name, collection: command.Index(0).Value().StringValue()}
	var all []statement
	switch name {
	case "insert", "createIndexes":
	case "find":
		on.by, on.order = termsOf(t, command.Lookup("filter")), directionsOf(t, command.Lookup("sort"))
		on.limit, _ = command.Lookup("limit").AsInt64OK()
		all = append(all, on)
	case "findAndModify":
		on.by, on.order = termsOf(t, command.Lookup("query")), directionsOf(t, command.Lookup("sort"))
		all = append(all, on)
	case "update", "delete":
		list := command.Lookup(name + "s").Array()
		for _, each := range values(t, list) {
			one := on
			one.by = termsOf(t, each.Document().Lookup("q"))
			multi, _ := each.Document().Lookup("multi").BooleanOK()
			limit, ok := each.Document().Lookup("limit").AsInt64OK()
			one.many = multi || ok && limit == 0
			all = append(all, one)
		}
	default:
		t.Errorf("the command %s is not known here: %v", name, command)
	}
	return all
}

func termsOf(t testing.TB, filter bson.RawValue) (all []term) {
	t.Helper()
	members, err := filter.Document().Elements()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		condition, err := m.Value().Document().Elements()
		if err != nil || len(condition) != 1 {
			t.Fatalf("%v is not one comparison", m)
		}
		all = append(all, term{m.Key(), condition[0].Key()})
	}
	return all
}

func directionsOf(t testing.TB, keys bson.RawValue) (all []direction) {
	t.Helper()
	doc, ok := keys.DocumentOK()
	if !ok {
		return nil
	}
	members, err := doc.Elements()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		all = append(all, direction{m.Key(), m.Value().AsInt64()})
	}
	return all
}

func values(t testing.TB, list bson.RawArray) []bson.RawValue {
	t.Helper()
	all, err := list.Values()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestStatementsAreJudged proves that the rule can refuse.
func TestStatementsAreJudged(t *testing.T) {
	indexes := map[string][]direction{"of a user": {{"user", 1}, {"created_at", -1}, {"_id", -1}}, "by end": {{"expires_at", 1}}}
	user, alive, over := term{"user", "$eq"}, term{"expires_at", "$gt"}, term{"expires_at", "$lte"}
	newest := []direction{{"created_at", -1}, {"_id", -1}}
	for name, c := range map[string]struct {
		s    statement
		want string
	}{
		"by an id":                    {statement{command: "update", by: []term{{"_id", "$eq"}, {"jti", "$eq"}}}, idIndex},
		"by some ids":                 {statement{command: "find", by: []term{{"_id", "$in"}}, limit: 4}, idIndex},
		"by as many ids as there are": {statement{command: "find", by: []term{{"_id", "$in"}}}, ""},
		"by a range of ids":           {statement{command: "find", by: []term{{"_id", "$gt"}}, limit: 4}, ""},
		"one of a user":               {statement{command: "findAndModify", by: []term{user}}, ""},
		"all of a user":               {statement{command: "delete", by: []term{user}, many: true}, "of a user"},
		"the newest":                  {statement{command: "find", by: []term{user, alive}, order: newest, limit: 20}, "of a user"},
		"the oldest": {
			statement{command: "find", by: []term{user}, order: []direction{{"created_at", 1}, {"_id", 1}}, limit: 20}, "of a user",
		},
		"the newest without a limit":    {statement{command: "find", by: []term{user}, order: newest}, ""},
		"the newest of everybody":       {statement{command: "find", by: []term{alive}, order: newest, limit: 20}, ""},
		"both ways at once":             {statement{command: "find", by: []term{user}, order: []direction{{"created_at", -1}, {"_id", 1}}, limit: 20}, ""},
		"in another order":              {statement{command: "find", by: []term{user}, order: []direction{{"seen", -1}}, limit: 20}, ""},
		"in the order of a later field": {statement{command: "find", by: []term{user}, order: []direction{{"_id", -1}}, limit: 20}, ""},
		"what is over":                  {statement{command: "find", by: []term{over}, limit: 20}, "by end"},
		"what is over, of a user":       {statement{command: "find", by: []term{user, over}, limit: 20}, ""},
		"since a time, of a user":       {statement{command: "find", by: []term{user, {"created_at", "$gte"}}, limit: 20}, "of a user"},
		"by what has no index":          {statement{command: "find", by: []term{user, {"jti", "$eq"}}, limit: 20}, ""},
		"everything":                    {statement{command: "find", limit: 20}, ""},
	} {
		got, err := c.s.served(indexes)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v, want %q", name, got, err, c.want)
		}
	}
	// The statements are the store's own: each is read as it is meant.
	for want, command := range map[string]bson.D{
		"find in c by [{a $lt}] in the order [{b -1}] with a limit": {
			{Key: "find", Value: "c"},
			{Key: "filter", Value: bson.D{{Key: "a", Value: bson.D{{Key: "$lt", Value: 1}}}}},
			{Key: "sort", Value: bson.D{{Key: "b", Value: -1}}},
			{Key: "limit", Value: int64(2)},
		},
		"delete in c by [{a $eq}], every one of them": {{Key: "delete", Value: "c"}, {Key: "deletes", Value: bson.A{bson.D{
			{Key: "q", Value: bson.D{{Key: "a", Value: bson.D{{Key: "$eq", Value: 1}}}}}, {Key: "limit", Value: 0},
		}}}},
		"update in c by [{a $eq}]": {{Key: "update", Value: "c"}, {Key: "updates", Value: bson.A{bson.D{
			{Key: "q", Value: bson.D{{Key: "a", Value: bson.D{{Key: "$eq", Value: 1}}}}}, {Key: "u", Value: bson.D{}},
		}}}},
	} {
		raw, err := bson.Marshal(command)
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(want, " ")
		if got := statementsOf(t, name, raw); len(got) != 1 || got[0].String() != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}
