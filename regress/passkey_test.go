package regress

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/http"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// options asks for the options of a ceremony.
func (w *world) options(path string, o ...option) []byte {
	w.t.Helper()
	return []byte(w.post(path, "{}", o...).want(http.StatusOK, "").body)
}

// offer presents a credential to a route.
func (w *world) offer(path string, credential []byte, o ...option) answer {
	w.t.Helper()
	return w.post(path, fmt.Sprintf(`{"credential":%s}`, credential), o...)
}

// passkey registers a passkey for the caller.
func (w *world) passkey(token string, a *authtest.Authenticator) *authtest.Passkey {
	w.t.Helper()
	credential, k := a.Register(w.options("/auth/webauthn/register/options", key(token)))
	w.offer("/auth/webauthn/register/verify", credential, key(token)).want(http.StatusCreated, "")
	return k
}

// asserted signs in by a passkey, changed in what it says.
func (w *world) asserted(a *authtest.Authenticator, k *authtest.Passkey, forge ...func(*authtest.Answer)) answer {
	w.t.Helper()
	return w.offer("/auth/webauthn/login/verify", a.Assert(w.options("/auth/webauthn/login/options"), k, forge...))
}

const (
	present  = authtest.UserPresent
	verified = authtest.UserPresent | authtest.UserVerified
)

// TestCVE_2026_47841_RequirementInTheStore: that the user must be verified survives the way through the store to another instance.
func TestCVE_2026_47841_RequirementInTheStore(t *testing.T) {
	shared(t, auth.Config{}, func(_ *testing.T, w *world) {
		a := &authtest.Authenticator{}
		token := w.signIn(ada)
		for range len(w.instances) {
			k := w.passkey(token, a)
			w.asserted(a, k, authtest.WithFlags(present)).want(http.StatusUnauthorized, "invalid_credentials")
			w.asserted(a, k).want(http.StatusOK, "")
			credential, _ := a.Register(w.options("/auth/webauthn/register/options", key(token)), authtest.WithFlags(present|authtest.AttestedData))
			w.offer("/auth/webauthn/register/verify", credential, key(token)).want(http.StatusUnauthorized, "invalid_credentials")
			w.turn.Add(1)
		}
	})
}

// TestCVE_2026_82466_ForeignCredential: the account is the credential's and never the caller's.
func TestCVE_2026_82466_ForeignCredential(t *testing.T) {
	w := open(t, auth.Config{})
	a := &authtest.Authenticator{}
	hers, mine := w.signIn(ada), w.signIn(eve)
	k := w.passkey(hers, a)
	w.passkey(mine, a)
	in := w.offer("/auth/webauthn/login/verify", a.Assert(w.options("/auth/webauthn/login/options"), k), key(mine)).want(http.StatusOK, "")
	if who := w.get("/app", key(in.text("token"))); who.body != w.account(ada) {
		t.Errorf("signed in as %s", who.body)
	}
	options := w.options("/auth/reauthenticate/options", key(mine))
	w.offer("/auth/reauthenticate", a.Assert(w.options("/auth/webauthn/login/options"), k), key(mine)).refused()
	_ = options
	preAuth := w.signIn(eve)
	w.offer("/auth/2fa/verify", a.Assert(w.options("/auth/2fa/webauthn/options", key(preAuth)), k), key(preAuth)).refused()
}

// TestCVE_2026_126952_NotVerified: an assertion that nobody signed.
func TestCVE_2026_126952_NotVerified(t *testing.T) {
	w := open(t, auth.Config{})
	a := &authtest.Authenticator{}
	k := w.passkey(w.signIn(ada), a)
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other := *k
	other.Key = stranger
	for name, forge := range map[string]func(*authtest.Answer){
		"no signature":      func(n *authtest.Answer) { n.Sign = func([]byte) []byte { return nil } },
		"some bytes":        func(n *authtest.Answer) { n.Sign = func([]byte) []byte { return []byte{0x30, 6, 2, 1, 1, 2, 1, 1} } },
		"signature missing": func(n *authtest.Answer) { n.JSON = func(_, r map[string]any) { delete(r, "signature") } },
	} {
		if got := w.asserted(a, k, forge); got.status < 400 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	w.asserted(a, &other).want(http.StatusUnauthorized, "invalid_credentials")
}

// TestCVE_2026_28787_ChosenChallenge: a challenge that the client brings, well-formed or not, is none of ours.
func TestCVE_2026_28787_ChosenChallenge(t *testing.T) {
	w := open(t, auth.Config{})
	a := &authtest.Authenticator{}
	k := w.passkey(w.signIn(ada), a)
	for _, chosen := range []string{handleOf(43), "", "AAAA"} {
		w.asserted(a, k, authtest.Set(map[string]any{"challenge": chosen})).refused()
		own := a.Assert([]byte(`{"challenge":"`+chosen+`","rpId":"auth.example"}`), k)
		w.post("/auth/webauthn/login/verify", fmt.Sprintf(`{"credential":%s,"challenge":%q,"publicKey":{"challenge":%q}}`, own, chosen, chosen)).refused()
	}
}

// TestGitLab_585333_ResultIgnored: a wrong signature at the second factor is not taken for a right one.
func TestGitLab_585333_ResultIgnored(t *testing.T) {
	w := open(t, auth.Config{})
	a := &authtest.Authenticator{}
	k := w.passkey(w.signIn(ada), a)
	preAuth := w.signIn(ada)
	spoilt := func(n *authtest.Answer) {
		sign := n.Sign
		n.Sign = func(data []byte) []byte { return sign(append(data, 0)) }
	}
	w.offer("/auth/2fa/verify", a.Assert(w.options("/auth/2fa/webauthn/options", key(preAuth)), k, spoilt), key(preAuth)).
		want(http.StatusUnauthorized, "invalid_credentials")
	if w.live(preAuth) {
		t.Error("the token is a user's")
	}
}

// TestCVE_2026_8830_AlgorithmNotOffered: a key of an algorithm that was not offered is not registered.
func TestCVE_2026_8830_AlgorithmNotOffered(t *testing.T) {
	w := open(t, auth.Config{})
	a, token := &authtest.Authenticator{}, w.signIn(ada)
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range []int{-47, -257 * 255, -37, 0, 5} {
		credential, _ := a.Register(w.options("/auth/webauthn/register/options", key(token)), func(n *authtest.Answer) {
			n.PublicKey = authtest.COSEKey(alg, &p256.PublicKey)
		})
		w.offer("/auth/webauthn/register/verify", credential, key(token)).want(http.StatusUnauthorized, "invalid_credentials")
	}
}

// TestGHSA_h4fw_6r7f_w494_Downgrade: verification is what the server demands, whatever the page asked the authenticator for.
func TestGHSA_h4fw_6r7f_w494_Downgrade(t *testing.T) {
	w := open(t, auth.Config{})
	a := &authtest.Authenticator{}
	k := w.passkey(w.signIn(ada), a)
	for _, wish := range []string{`{"userVerification":"discouraged"}`, `{"user_verification":"discouraged"}`} {
		options := w.post("/auth/webauthn/login/options", wish)
		if options.status == http.StatusOK {
			w.offer("/auth/webauthn/login/verify", a.Assert([]byte(options.body), k, authtest.WithFlags(present))).
				want(http.StatusUnauthorized, "invalid_credentials")
		}
	}
}

// TestHanko_ZombiePasskeys: a passkey that was removed at the server signs nobody in, whatever the authenticator still holds.
func TestHanko_ZombiePasskeys(t *testing.T) {
	shared(t, auth.Config{}, func(t *testing.T, w *world) {
		a := &authtest.Authenticator{}
		token := w.signIn(ada)
		k := w.passkey(token, a)
		pending := w.options("/auth/webauthn/login/options")
		id := fmt.Sprintf("%v", w.passkeyIDs(token)[0])
		if got := w.do(http.MethodDelete, "/auth/webauthn/credentials/"+id, "", key(token)); got.status >= 300 {
			t.Fatalf("removing answers %d %s", got.status, got.body)
		}
		w.asserted(a, k).want(http.StatusUnauthorized, "invalid_credentials")
		w.offer("/auth/webauthn/login/verify", a.Assert(pending, k)).want(http.StatusUnauthorized, "invalid_credentials")
	})
}

// synced registers a passkey that can be backed up, and answers a sign-in with its state as given.
func synced(w *world) func(flags byte) answer {
	a := &authtest.Authenticator{Flags: verified | authtest.BackupEligible}
	k := w.passkey(w.signIn(ada), a)
	return func(flags byte) answer { return w.asserted(a, k, authtest.WithFlags(flags)) }
}

// TestTheauthGo_2_6_BackupFlags: a passkey that is backed up one day is its owner's as before.
func TestTheauthGo_2_6_BackupFlags(t *testing.T) {
	signIn := synced(open(t, auth.Config{}))
	for range 2 {
		signIn(verified|authtest.BackupEligible).want(http.StatusOK, "")
		signIn(verified|authtest.BackupEligible|authtest.BackedUp).want(http.StatusOK, "")
	}
}

// TestSupabase_2732_EligibilityChanged: eligibility that is not the record's is refused, and locks nobody out.
func TestSupabase_2732_EligibilityChanged(t *testing.T) {
	shared(t, auth.Config{}, func(_ *testing.T, w *world) {
		signIn := synced(w)
		signIn(verified).want(http.StatusUnauthorized, "invalid_credentials")
		signIn(verified|authtest.BackupEligible).want(http.StatusOK, "")
	})
}

// TestHanko_2759_Contradiction: backed up and not eligible cannot be, at registration and at sign-in.
func TestHanko_2759_Contradiction(t *testing.T) {
	w := open(t, auth.Config{})
	synced(w)(verified|authtest.BackedUp).want(http.StatusUnauthorized, "invalid_credentials")
	a, token := &authtest.Authenticator{}, w.signIn(eve)
	credential, _ := a.Register(w.options("/auth/webauthn/register/options", key(token)), authtest.WithFlags(verified|authtest.AttestedData|authtest.BackedUp))
	w.offer("/auth/webauthn/register/verify", credential, key(token)).want(http.StatusUnauthorized, "invalid_credentials")
}

// TestUnit42_PassTaKey: a synced passkey on somebody else's machine, which verifies nobody, signs in nowhere: not first, not second, not
// as step-up.
func TestUnit42_PassTaKey(t *testing.T) {
	w := open(t, auth.Config{})
	a := &authtest.Authenticator{Flags: verified | authtest.BackupEligible}
	token := w.signIn(ada)
	k := w.passkey(token, a)
	stolen := authtest.WithFlags(present | authtest.BackupEligible | authtest.BackedUp)
	w.asserted(a, k, stolen).want(http.StatusUnauthorized, "invalid_credentials")
	preAuth := w.signIn(ada)
	w.offer("/auth/2fa/verify", a.Assert(w.options("/auth/2fa/webauthn/options", key(preAuth)), k, stolen), key(preAuth)).
		want(http.StatusUnauthorized, "invalid_credentials")
	w.offer("/auth/reauthenticate", a.Assert(w.stepUp(token), k, stolen), key(token)).want(http.StatusUnauthorized, "invalid_credentials")
}
