package webauthn

import (
	"reflect"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// fill sets every field of a struct, at any depth, to something that is not its zero value.
func fill(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 11, 24, 12, 0, 0, 1e6, time.UTC)))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case v.Kind() == reflect.String:
		v.SetString(path)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(1<<40 + int64(len(path)))
	case v.Kind() == reflect.Uint8:
		v.SetUint(uint64(len(path)))
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range v.Len() {
			fill(t, v.Index(i), path+"[]")
		}
	case v.Type() == reflect.TypeFor[map[string]any]():
		v.Set(reflect.ValueOf(map[string]any{path: path}))
	default:
		t.Fatalf("%s: this test fills no %v yet", path, v.Type())
	}
}

// TestEveryFieldOfACeremonyIsStored: a field that the record does not carry is a requirement that the answer is not held to, and a new
// one in the library is noticed on the day it comes.
func TestEveryFieldOfACeremonyIsStored(t *testing.T) {
	var full, got ceremony
	fill(t, reflect.ValueOf(&full).Elem(), "ceremony")
	b, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, full) {
		t.Errorf("the record holds %s and comes back as %+v", b, got)
	}
}
