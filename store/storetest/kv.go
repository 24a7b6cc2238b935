package storetest

import (
	"testing"

	"github.com/crafteasy/auth/kv"
)

// KV checks a back end for what expires.
func KV(t *testing.T, open Open[kv.Store]) {
	t.Helper()
	run(t, open, kvRules())
}

func kvRules() []rule[kv.Store] {
	var all []rule[kv.Store]
	for _, group := range [][]rule[kv.Store]{kvValueRules, kvOnceRules, kvCountRules, kvExpiryRules, kvKeyRules} {
		all = append(all, group...)
	}
	return all
}
