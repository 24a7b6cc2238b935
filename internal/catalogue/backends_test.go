package catalogue

import (
	"testing"

	"github.com/crafteasy/auth"
)

// backend is a store that the catalogue runs on.
type backend struct {
	name string
	// open sets the store of the configuration to an empty one.
	open func(t *testing.T, c *auth.Config)
	// wall says that expiry follows the machine's clock.
	wall bool
}

// backends are all of them; memory is the first.
var backends = []backend{
	{"memory", func(*testing.T, *auth.Config) {}, false},
}
