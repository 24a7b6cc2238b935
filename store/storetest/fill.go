package storetest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"
)

// filled makes a value whose every field, at any depth, is set to something that differs from the other fields and is
// easily spoilt: a field that a back end does not keep, or does not keep exactly, is noticed on the day it is added.
func filled[V any](t tb) V {
	t.Helper()
	var v V
	f := filler{t: t, at: newClock().Now()}
	f.fill(reflect.ValueOf(&v).Elem(), reflect.TypeFor[V]().Name())
	return v
}

type filler struct {
	t  tb
	at time.Time
	n  int64
}

func (f *filler) fill(v reflect.Value, path string) {
	f.n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		f.at = f.at.Add(61*time.Minute + 7*time.Millisecond)
		v.Set(reflect.ValueOf(f.at))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.String:
		v.SetString(path + " Åström 日本 \U0001F511 e\u0301 {\"$ne\": 'x'} \\ \t <&>")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1<<53 + 2*f.n - 1) // odd and too great for a float64
	case reflect.Int32:
		v.SetInt(1<<30 + f.n)
	case reflect.Uint32:
		v.SetUint(1<<31 + uint64(f.n))
	case reflect.Slice:
		f.slice(v, path)
	case reflect.Map:
		if v.Type() != reflect.TypeFor[map[string]any]() {
			f.t.Fatalf("%s: storetest fills no %v yet", path, v.Type())
		}
		v.Set(reflect.ValueOf(claims(path)))
	default:
		f.t.Fatalf("%s: storetest fills no %v yet", path, v.Type())
	}
}

// slice makes two elements, or every byte.
func (f *filler) slice(v reflect.Value, path string) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		every := make([]byte, 256)
		for i := range every {
			every[i] = byte(i)
		}
		v.SetBytes(every)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 2, 2))
	for i := range 2 {
		f.fill(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
}

// claims are what a host may put into a token: JSON values of every kind under names of every kind.
func claims(path string) map[string]any {
	return map[string]any{
		"text": path, "number": 1.5, "whole": 7.0, "large": 9007199254740991.0, "yes": true, "no": false, "nothing": nil, "empty": "",
		"list": []any{"a", 1.0, []any{"b", []any{}}, map[string]any{}}, "object": map[string]any{"a": map[string]any{"b": "c"}},
		"https://example.com/roles": []any{"admin"}, "$where": "1", "a.b": "c", "": "a claim without a name",
	}
}

// settle makes what is empty nil, at every depth but in claims: back ends need not tell one from the other.
func settle(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				settle(v.Field(i))
			}
		}
	case reflect.Slice, reflect.Map:
		if v.Len() == 0 {
			v.SetZero()
		}
	default:
	}
}

// sameRecord is [same] for records: what is empty is the same as what is nil.
func sameRecord[V any](t tb, got, want V, what string) {
	t.Helper()
	settle(reflect.ValueOf(&got).Elem())
	settle(reflect.ValueOf(&want).Elem())
	if reflect.DeepEqual(got, want) {
		return
	}
	differ := slices.Sorted(maps.Keys(differences(reflect.ValueOf(got), reflect.ValueOf(want), "")))
	t.Fatalf("%s: the fields %v differ: got %+v, want %+v", what, differ, got, want)
}

// differences names the fields in which two structs differ.
func differences(got, want reflect.Value, path string) map[string]bool {
	found := map[string]bool{}
	if got.Kind() != reflect.Struct || got.Type() == reflect.TypeFor[time.Time]() {
		if !reflect.DeepEqual(got.Interface(), want.Interface()) {
			found[path] = true
		}
		return found
	}
	for i := range got.NumField() {
		maps.Copy(found, differences(got.Field(i), want.Field(i), path+"."+got.Type().Field(i).Name))
	}
	return found
}

// eachTime changes every time in a record.
func eachTime[V any](record *V, change func(time.Time) time.Time) {
	changeTimes(reflect.ValueOf(record).Elem(), change)
}

func changeTimes(v reflect.Value, change func(time.Time) time.Time) {
	if at, ok := reflect.TypeAssert[time.Time](v); ok {
		v.Set(reflect.ValueOf(change(at)))
		return
	}
	if v.Kind() == reflect.Struct {
		for _, field := range v.Fields() {
			changeTimes(field, change)
		}
	}
}
