package storetest_test

import "testing"

func TestShelf(t *testing.T) { proveShelf(t) }
