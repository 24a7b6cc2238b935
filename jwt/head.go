package jwt

// head is what the header of a token says.
type head struct{ kid, typ string }

// text is the header as it is signed: the first segment. Its members are of constant form: a key id is base64url, a typ one of ours.
func (h head) text() string {
	return b64.EncodeToString([]byte(`{"alg":"` + algorithm + `","kid":"` + h.kid + `","typ":"` + h.typ + `"}`))
}

// heads are headers by their text, for those that need no reading: an issuer knows its own.
type heads map[string]head

// heads are those that the keys have with the kinds.
func (k *Keys) heads(kinds []kind) heads {
	own := heads{}
	for _, key := range k.public {
		for _, of := range kinds {
			h := head{key.id, of.typ}
			own[h.text()] = h
		}
	}
	return own
}
