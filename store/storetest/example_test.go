package storetest_test

import (
	"testing"
	"time"

	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/store/storetest"
)

// The whole contract, in the tests of a back end. Run it with -race. Each rule opens a store of its own.
func ExampleStore() { //nolint:testableexamples // needs the *testing.T of a test
	var t *testing.T // func TestContract(t *testing.T)

	storetest.Store(t, func(_ *testing.T, now func() time.Time) store.Store {
		return memstore.New(&memstore.Options{Now: now}) // the back end under test
	})
}

// One interface, for a program that has only that one.
func ExampleKV() { //nolint:testableexamples // needs the *testing.T of a test
	var t *testing.T // func TestContract(t *testing.T)

	storetest.KV(t, func(_ *testing.T, now func() time.Time) kv.Store {
		return memstore.New(&memstore.Options{Now: now}).KV()
	})
}
