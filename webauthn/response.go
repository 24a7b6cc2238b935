package webauthn

import (
	"encoding/base64"
	"errors"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
)

// errShape refuses what is not the JSON form of a PublicKeyCredential.
var errShape = problem.ErrInvalidRequest.WithDetail("The field credential is not a PublicKeyCredential.")

// base64url is strict: one value has one spelling.
var base64url = base64.RawURLEncoding.Strict()

// credentialJSON and responseJSON are as much of AuthenticationResponseJSON and RegistrationResponseJSON as is judged here.
type (
	credentialJSON struct {
		ID       string         `json:"id"`
		RawID    string         `json:"rawId"`
		Type     string         `json:"type"`
		Response jsontext.Value `json:"response"`
	}
	responseJSON struct {
		ClientData        string   `json:"clientDataJSON"`
		AuthenticatorData string   `json:"authenticatorData"`
		Attestation       string   `json:"attestationObject"`
		Signature         string   `json:"signature"`
		UserHandle        string   `json:"userHandle"`
		Transports        []string `json:"transports"`
	}
	// clientData is what the browser says about the ceremony (WebAuthn Level 3, section 5.8.1).
	clientData struct {
		Type        string `json:"type"`
		Challenge   string `json:"challenge"`
		Origin      string `json:"origin"`
		CrossOrigin bool   `json:"crossOrigin"`
		TopOrigin   string `json:"topOrigin"`
	}
)

// presented is an answer of an authenticator, read as strictly as anything that decides. The library reads the rest.
type presented struct {
	raw    jsontext.Value
	id     []byte
	handle []byte
	client clientData
	// flaw is why it cannot be accepted whatever the challenge, or nil.
	flaw error
}

// read takes the answer apart. Whatever can be read of the challenge is answered together with errShape, so that it is spent.
func read(v jsontext.Value) (p presented, err error) {
	var c credentialJSON
	var in responseJSON
	p.raw = v
	p.client.Challenge = challengeOf(v)
	if err := web.Unmarshal(v, &c); err != nil {
		return p, errShape.Wrap(err)
	}
	if err := web.Unmarshal(c.Response, &in); err != nil {
		return p, errShape.Wrap(err)
	}
	if c.ID == "" || c.Type == "" || in.ClientData == "" {
		return p, errShape
	}
	data, err := base64url.DecodeString(in.ClientData)
	if err != nil {
		return p, errShape.Wrap(err)
	}
	client := clientData{}
	if err := web.Unmarshal(data, &client); err != nil {
		return p, errShape.Wrap(err)
	}
	p.client = client
	p.id, err = base64url.DecodeString(c.ID)
	switch {
	case err != nil || c.RawID != c.ID:
		p.flaw = errors.New("the credential id is not spelled alike twice")
	case len(p.id) == 0 || len(p.id) > LongestID:
		p.flaw = errors.New("the credential id is too long or empty")
	}
	if p.handle, err = base64url.DecodeString(in.UserHandle); err != nil {
		p.flaw = errors.New("the user handle is not base64url")
	}
	return p, nil
}

// challengeOf answers the challenge that an answer names, however wrong the rest of it is.
func challengeOf(v jsontext.Value) string {
	var c struct {
		Response jsontext.Value `json:"response"`
	}
	var in struct {
		ClientData string `json:"clientDataJSON"`
	}
	var client struct {
		Challenge string `json:"challenge"`
	}
	if json.Unmarshal(v, &c) != nil || json.Unmarshal(c.Response, &in) != nil {
		return ""
	}
	data, err := base64.RawURLEncoding.DecodeString(in.ClientData)
	if err != nil || json.Unmarshal(data, &client) != nil {
		return ""
	}
	return client.Challenge
}

// judge says why the client data cannot be accepted, or nil. The library's own look at origins is too kind: it takes a path, upper
// case and a default port.
func (s *Service) judge(p presented, kind string) error {
	switch {
	case p.flaw != nil:
		return p.flaw
	case p.client.Type != kind:
		return errors.New("the answer is of another kind of ceremony")
	case !slices.Contains(s.origins, p.client.Origin):
		return errors.New("the origin is not configured")
	case p.client.CrossOrigin, p.client.TopOrigin != "":
		return errors.New("the ceremony ran inside another site's page")
	}
	return nil
}
