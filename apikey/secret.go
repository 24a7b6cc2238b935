package apikey

import (
	"crypto/rand"
	"encoding/base32"
	"hash/crc32"
	"sync"

	"github.com/crafteasy/auth/internal/secret"
)

// A secret is written as
//
//	ak_ <name: 8> _ <random: 52> <checksum: 7>
//
// in lower-case base32 (RFC 4648 section 6). All of it is a word to a double click, needs no escaping in a form, a URL or a
// shell, and is found by the regular expression [Pattern].
const (
	secretPrefix = "ak_"
	nameBytes    = 5
	randomBytes  = 32
	prefixLen    = len(secretPrefix) + 8
	checkedLen   = prefixLen + 1 + 52
	secretLen    = checkedLen + 7
)

// Pattern is the regular expression by which secret scanners find a leaked key.
const Pattern = `\bak_[a-z2-7]{8}_[a-z2-7]{59}\b`

const (
	alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	// idBytes make the id of a key, 80 bits: it is public and need only be unique.
	idBytes = 10
	idLen   = 16
)

var base32lower = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

// random makes n random bytes in base32.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return base32lower.EncodeToString(b)
}

// newSecret makes a secret.
func newSecret() string {
	return seal(secretPrefix + random(nameBytes) + "_" + random(randomBytes))
}

// seal appends the checksum.
func seal(text string) string {
	sum := checksum(text)
	return text + string(sum[:])
}

// checksum is the CRC-32 of the text in base32. It finds typing errors and is no protection: anybody can compute it.
func checksum(text string) (out [7]byte) {
	room, _ := rooms.Get().(*[checkedLen]byte)
	sum := uint64(crc32.ChecksumIEEE(room[:copy(room[:], text)])) << 3 // 35 bits
	rooms.Put(room)
	for i := range out {
		out[i] = alphabet[sum>>(30-5*i)&31]
	}
	return out
}

// rooms keep a text from being copied anew for every checksum.
var rooms = sync.Pool{New: func() any { return new([checkedLen]byte) }}

// wellFormed reports whether a text has the length, the fixed parts and the checksum of a secret. Nothing else is worth a look-up.
func wellFormed(text string) bool {
	if len(text) != secretLen || text[:len(secretPrefix)] != secretPrefix || text[prefixLen] != '_' {
		return false
	}
	sum := checksum(text[:checkedLen])
	return text[checkedLen:] == string(sum[:])
}

// idOf answers the id in a public code.
func idOf(code string) (id string, ok bool) {
	if len(code) != len(CodePrefix)+idLen || code[:len(CodePrefix)] != CodePrefix {
		return "", false
	}
	for _, c := range []byte(code[len(CodePrefix):]) {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return "", false
		}
	}
	return code[len(CodePrefix):], true
}

// makeSecret makes a secret for the key, and what is stored of it. The MAC is bound to the key, so that one that is moved to another
// record is worthless.
func (s *Service) makeSecret(id string) (text string, stored Secret) {
	text = newSecret()
	return text, Secret{Prefix: text[:prefixLen], Hash: s.macs.current(id, text), Generation: newGeneration(), CreatedAt: s.now()}
}

// newGeneration names a set of tokens that end together.
func newGeneration() string { return secret.Handle(6) }

// match answers the secret of the key that text is, or nil. An unknown key is compared as well.
func (s *Service) match(k *Key, text string) *Secret {
	if i := s.macs.match(k.ID, text, k.Secrets); i >= 0 {
		return &k.Secrets[i]
	}
	return nil
}
