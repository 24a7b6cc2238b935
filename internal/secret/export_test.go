package secret

// All answers the keys themselves, which leave the package in tests alone.
func (k Keys) All() [][]byte { return k.all() }
