package redisstore_test

import (
	"testing"

	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/store/redisstore"
)

// TestListNamesTooMuch: what a verb leaves that dies half-way is an id too many in somebody's set. Nobody sees a record of another because
// of it, and removing everything removes nothing of another's.
func TestListNamesTooMuch(t *testing.T) {
	rdb, prefix := single(t), random()
	links := redisstore.New(rdb, &redisstore.Options{Prefix: prefix}).Links()
	add := func(userID, id string) {
		if err := links.Add(t.Context(), oauth.Link{ID: id, UserID: userID}); err != nil {
			t.Fatal(err)
		}
	}
	add("anna", "hers")
	set := ""
	for _, key := range rdb.Keys(t.Context(), prefix+"*").Val() {
		if rdb.Type(t.Context(), key).Val() == "set" {
			set = key
		}
	}
	add("bert", "his")
	if err := rdb.SAdd(t.Context(), set, "his", "nothing").Err(); err != nil {
		t.Fatal(err)
	}
	list, err := links.List(t.Context(), "anna")
	if err != nil || len(list) != 1 || list[0].ID != "hers" {
		t.Errorf("List: %v, %v", list, err)
	}
	if was, err := links.Delete(t.Context(), "anna", "his"); was || err != nil {
		t.Errorf("Delete of another's: %v, %v", was, err)
	}
	if err := links.DeleteAll(t.Context(), "anna"); err != nil {
		t.Error(err)
	}
	if n := rdb.Exists(t.Context(), set).Val(); n != 0 {
		t.Error("the set is still there")
	}
	if _, err := links.Load(t.Context(), "his"); err != nil {
		t.Errorf("another's: %v", err)
	}
}
