package authtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // ES384 and ES512
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
)

// The flags of authenticator data (WebAuthn Level 3, section 6.1).
const (
	UserPresent    = 1 << 0
	UserVerified   = 1 << 2
	BackupEligible = 1 << 3
	BackedUp       = 1 << 4
	AttestedData   = 1 << 6
	ExtensionData  = 1 << 7
)

// COSE algorithms that [Authenticator] can sign with.
const (
	ES256 = -7
	EdDSA = -8
	ES384 = -35
	ES512 = -36
	RS256 = -257
)

// Passkey is a credential that an [Authenticator] has made.
type Passkey struct {
	// ID and Handle are what the authenticator knows the account by.
	ID, Handle []byte
	// Alg is the COSE algorithm and Key the private key.
	Alg int
	Key crypto.Signer
	// Counter is what the next assertion says, or 0 for an authenticator without one.
	Counter uint32
	// Flags are those of every assertion.
	Flags byte
}

// Answer is what an authenticator and its browser are about to say. A test changes it before it is signed, to forge anything.
type Answer struct {
	// Client is the client data, by the names of the standard. ClientJSON takes its place where it is set.
	Client     map[string]any
	ClientJSON []byte
	// RPID is hashed into the authenticator data.
	RPID    string
	Flags   byte
	Counter uint32
	// ID is the credential id; AttestedID is the one inside the authenticator data of a registration, and the same unless set.
	ID, AttestedID []byte
	// Handle is the user handle of an assertion; nil leaves it out.
	Handle []byte
	// AAGUID, PublicKey (a COSE_Key) and Format belong to a registration.
	AAGUID    []byte
	PublicKey []byte
	Format    string
	// Tail is appended to the authenticator data.
	Tail []byte
	// Sign signs; a test can sign with something else.
	Sign func(data []byte) []byte
	// JSON changes the form that is sent, after everything else.
	JSON func(credential, response map[string]any)
}

// Authenticator makes passkeys and signs with them in software. The zero value is a platform authenticator that verifies its user
// and syncs nothing.
type Authenticator struct {
	// Origin is where the page is. Default: https://auth.example.
	Origin string
	// Alg is the COSE algorithm of new passkeys. Default: ES256.
	Alg int
	// Flags are those of every answer. Default: UserPresent and UserVerified.
	Flags byte
	// Counting makes new passkeys count their uses.
	Counting bool
}

// options are as much of the options as an authenticator needs.
type options struct {
	Challenge string `json:"challenge"`
	RPID      string `json:"rpId"`
	RP        struct{ ID string }
	User      struct{ ID string }
}

func readOptions(b []byte) options {
	var o options
	if err := json.Unmarshal(b, &o); err != nil {
		panic(fmt.Sprintf("authtest: options: %v", err))
	}
	if o.RPID == "" {
		o.RPID = o.RP.ID
	}
	return o
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		panic(fmt.Sprintf("authtest: %v", err))
	}
	return b
}

// sum is the SHA-256 of a text.
func sum(s string) []byte {
	h := sha256.Sum256([]byte(s))
	return h[:]
}

// begin is what both ceremonies have in common.
func (a *Authenticator) begin(kind string, o options) Answer {
	origin, flags := a.Origin, a.Flags
	if origin == "" {
		origin = "https://auth.example"
	}
	if flags == 0 {
		flags = UserPresent | UserVerified
	}
	return Answer{
		Client: map[string]any{"type": kind, "challenge": o.Challenge, "origin": origin, "crossOrigin": false},
		RPID:   o.RPID, Flags: flags,
	}
}

// Register answers creation options (JSON) with the credential (JSON) and the passkey behind it.
func (a *Authenticator) Register(creation []byte, forge ...func(*Answer)) ([]byte, *Passkey) {
	o := readOptions(creation)
	k := &Passkey{ID: make([]byte, 32), Handle: decode(o.User.ID), Alg: a.Alg}
	_, _ = rand.Read(k.ID)
	if k.Alg == 0 {
		k.Alg = ES256
	}
	k.Key = newKey(k.Alg)
	if a.Counting {
		k.Counter = 1
	}
	n := a.begin("webauthn.create", o)
	k.Flags = n.Flags
	n.Flags |= AttestedData
	n.Counter, n.ID, n.AAGUID, n.PublicKey, n.Format = k.Counter, k.ID, make([]byte, 16), COSEKey(k.Alg, k.Key.Public()), "none"
	n.Sign = k.sign
	for _, f := range forge {
		f(&n)
	}
	k.ID = n.ID
	if k.Counter > 0 {
		k.Counter++
	}
	client := n.client()
	data := n.data()
	statement := []byte{0xa0}
	if n.Format == "packed" {
		statement = cborMap(cborText("alg"), cborInt(k.Alg), cborText("sig"), cborBytes(n.Sign(signed(data, client))))
	}
	object := cborMap(cborText("fmt"), cborText(n.Format), cborText("attStmt"), statement, cborText("authData"), cborBytes(data))
	return n.json(map[string]any{"clientDataJSON": encode(client), "attestationObject": encode(object), "transports": []string{"internal"}}), k
}

// Assert answers request options (JSON) with an assertion (JSON) of the passkey.
func (a *Authenticator) Assert(request []byte, k *Passkey, forge ...func(*Answer)) []byte {
	n := a.begin("webauthn.get", readOptions(request))
	n.Flags, n.Counter, n.ID, n.Handle, n.Sign = k.Flags, k.Counter, k.ID, k.Handle, k.sign
	if k.Counter > 0 {
		k.Counter++
	}
	for _, f := range forge {
		f(&n)
	}
	client := n.client()
	data := n.data()
	response := map[string]any{"clientDataJSON": encode(client), "authenticatorData": encode(data), "signature": encode(n.Sign(signed(data, client)))}
	if n.Handle != nil {
		response["userHandle"] = encode(n.Handle)
	}
	return n.json(response)
}

func signed(data, client []byte) []byte {
	h := sha256.Sum256(client)
	return append(append([]byte(nil), data...), h[:]...)
}

func (n *Answer) client() []byte {
	if n.ClientJSON != nil {
		return n.ClientJSON
	}
	b, err := json.Marshal(n.Client)
	if err != nil {
		panic(fmt.Sprintf("authtest: client data: %v", err))
	}
	return b
}

// data is the authenticator data.
func (n *Answer) data() []byte {
	b := append(sum(n.RPID), n.Flags)
	b = binary.BigEndian.AppendUint32(b, n.Counter)
	if n.PublicKey != nil && n.Flags&AttestedData != 0 {
		id := n.AttestedID
		if id == nil {
			id = n.ID
		}
		b = append(b, n.AAGUID...)
		b = binary.BigEndian.AppendUint16(b, uint16(len(id)))
		b = append(append(b, id...), n.PublicKey...)
	}
	return append(b, n.Tail...)
}

func (n *Answer) json(response map[string]any) []byte {
	credential := map[string]any{
		"id": encode(n.ID), "rawId": encode(n.ID), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{}, "response": response,
	}
	if n.JSON != nil {
		n.JSON(credential, response)
	}
	b, err := json.Marshal(credential)
	if err != nil {
		panic(fmt.Sprintf("authtest: credential: %v", err))
	}
	return b
}

// sign signs as the algorithm says.
func (k *Passkey) sign(data []byte) []byte {
	h := map[int]crypto.Hash{ES256: crypto.SHA256, ES384: crypto.SHA384, ES512: crypto.SHA512, RS256: crypto.SHA256}[k.Alg]
	digest := data
	if h != 0 {
		w := h.New()
		w.Write(data)
		digest = w.Sum(nil)
	}
	sig, err := k.Key.Sign(rand.Reader, digest, h)
	if err != nil {
		panic(fmt.Sprintf("authtest: %v", err))
	}
	return sig
}

var made = struct {
	sync.Mutex

	rsa *rsa.PrivateKey
}{}

func newKey(alg int) crypto.Signer {
	curve := map[int]elliptic.Curve{ES256: elliptic.P256(), ES384: elliptic.P384(), ES512: elliptic.P521()}[alg]
	var key crypto.Signer
	var err error
	switch {
	case curve != nil:
		key, err = ecdsa.GenerateKey(curve, rand.Reader)
	case alg == EdDSA:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case alg == RS256: // one for all: making one takes long
		made.Lock()
		defer made.Unlock()
		if made.rsa == nil {
			made.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
		}
		key = made.rsa
	default:
		err = fmt.Errorf("no algorithm %d", alg)
	}
	if err != nil {
		panic(fmt.Sprintf("authtest: %v", err))
	}
	return key
}

// COSEKey encodes a public key as COSE_Key (RFC 9053) of an algorithm.
func COSEKey(alg int, public crypto.PublicKey) []byte {
	switch p := public.(type) {
	case *ecdsa.PublicKey:
		size := (p.Curve.Params().BitSize + 7) / 8
		crv := map[int]int{32: 1, 48: 2, 66: 3}[size]
		point, err := p.Bytes()
		if err != nil {
			panic(fmt.Sprintf("authtest: %v", err))
		}
		return cborMap(cborInt(1), cborInt(2), cborInt(3), cborInt(alg), cborInt(-1), cborInt(crv),
			cborInt(-2), cborBytes(point[1:1+size]), cborInt(-3), cborBytes(point[1+size:]))
	case ed25519.PublicKey:
		return cborMap(cborInt(1), cborInt(1), cborInt(3), cborInt(alg), cborInt(-1), cborInt(6), cborInt(-2), cborBytes(p))
	case *rsa.PublicKey:
		e := binary.BigEndian.AppendUint32(nil, uint32(p.E))
		return cborMap(cborInt(1), cborInt(3), cborInt(3), cborInt(alg), cborInt(-1), cborBytes(p.N.Bytes()), cborInt(-2), cborBytes(e[1:]))
	}
	panic(fmt.Sprintf("authtest: no COSE_Key for a %T", public))
}

// Set changes members of the client data.
func Set(members map[string]any) func(*Answer) {
	return func(n *Answer) { maps.Copy(n.Client, members) }
}

// WithFlags sets the flags. Those of a registration need AttestedData.
func WithFlags(flags byte) func(*Answer) {
	return func(n *Answer) { n.Flags = flags }
}
