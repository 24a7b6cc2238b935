package e2e

import (
	"strings"
	"testing"
)

// TestPasskey is the life of a passkey in a real browser.
func TestPasskey(t *testing.T) {
	p := open(t, server(t))
	p.must(`globalThis.me = await codeSignIn("ada@example.com"); return me;`)
	made := p.must(`return globalThis.made = await pk.register({ token: me.token, name: "Laptop" });`)
	if made["name"] != "Laptop" || made["user_verified"] != true || p.passkeys() != 1 {
		t.Fatalf("registered %v, and the authenticator holds %d", made, p.passkeys())
	}
	if o := p.run(`return pk.register({ token: me.token });`); !strings.HasPrefix(o.Error, "InvalidStateError") {
		t.Errorf("the second registration on one authenticator answers %+v", o)
	}

	in := p.must(`return globalThis.me = await pk.signIn({ application: "shop" });`)
	if in["token_type"] != "user" || in["requires_2fa"] != false {
		t.Errorf("the sign-in answers %v", in)
	}
	who := p.must(`return json("/me", null, me.token);`)
	if who["aal"] != 2.0 || who["origin_app"] != "shop" {
		t.Errorf("signed in %v", who)
	}

	owed := p.must(`return globalThis.owed = await codeSignIn("ada@example.com");`)
	if owed["token_type"] != "pre_auth" {
		t.Fatalf("the code alone answers %v", owed)
	}
	if in = p.must(`return globalThis.me = await pk.secondFactor({ token: owed.token });`); in["token_type"] != "user" {
		t.Errorf("the second factor answers %v", in)
	}

	p.verifies(false)
	if o := p.run(`return pk.signIn();`); !strings.HasPrefix(o.Error, "NotAllowedError") {
		t.Errorf("a user whom the authenticator does not verify: %+v", o)
	}
	p.verifies(true)
}

// TestPasskeyWithoutVerificationAtTheServer: a page that asks for less than the server does is refused by the server.
func TestPasskeyWithoutVerificationAtTheServer(t *testing.T) {
	p := open(t, server(t))
	p.must(`globalThis.me = await codeSignIn("ada@example.com"); return pk.register({ token: me.token });`)
	p.verifies(false)
	got := p.must(`
		const options = await json("/auth/webauthn/login/options", {});
		options.userVerification = "discouraged";
		const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
		const credential = (await navigator.credentials.get({ publicKey })).toJSON();
		return json("/auth/webauthn/login/verify", { credential });`)
	if got["code"] != "invalid_credentials" || got["token"] != nil {
		t.Errorf("the server answers %v", got)
	}
}

// TestDeadPasskeys: the browser learns of a passkey that was removed, here or elsewhere.
func TestDeadPasskeys(t *testing.T) {
	p := open(t, server(t))
	p.must(`globalThis.me = await codeSignIn("ada@example.com"); return globalThis.made = await pk.register({ token: me.token });`)
	p.must(`return pk.remove({ token: me.token, id: made.id });`)
	if n := p.passkeys(); n != 0 {
		t.Errorf("after the removal on this page the authenticator holds %d passkeys, want 0", n)
	}
	p.must(`return globalThis.made = await pk.register({ token: me.token });`)
	p.must(`return json("/auth/webauthn/credentials/" + made.id, null, me.token, "DELETE");`)
	if n := p.passkeys(); n != 1 {
		t.Fatalf("after a removal elsewhere the authenticator holds %d passkeys, want 1", n)
	}
	o := p.run(`return pk.signIn();`)
	if o.Status["code"] != "invalid_credentials" || o.Status["signalUnknownCredential"] == nil {
		t.Errorf("a dead passkey answers %+v", o)
	}
	if n := p.passkeys(); n != 0 {
		t.Errorf("after the refusal the authenticator holds %d passkeys, want 0", n)
	}
}

// TestAutofill: a passkey waits in the suggestions of a field, and a sign-in by button takes over from it.
func TestAutofill(t *testing.T) {
	p := open(t, server(t))
	p.must(`globalThis.me = await codeSignIn("ada@example.com"); return pk.register({ token: me.token });`)
	if got := p.must(`return { available: await pk.canAutofill(), supported: pk.supported() };`); got["available"] != true || got["supported"] != true {
		t.Skipf("this browser offers no autofill of passkeys: %v", got)
	}
	got := p.must(`
		const field = document.createElement("input");
		field.autocomplete = "username webauthn";
		document.body.append(field);
		field.focus();
		const waiting = pk.signIn({ autofill: true }).then(v => ({ how: "autofill", ...v }), e => ({ how: e.name }));
		const first = await Promise.race([waiting, new Promise(r => setTimeout(r, 3000, null))]);
		if (first) return first;
		const button = await pk.signIn();
		return { how: (await waiting).how, button: button.token_type };`)
	t.Logf("autofill: %v", got["how"])
	if got["how"] != "autofill" && (got["how"] != "AbortError" || got["button"] != "user") {
		t.Errorf("autofill answers %v", got)
	}
}

// TestPasskeysOff: where the issuer is an address there are no passkeys, and the page goes on without them.
func TestPasskeysOff(t *testing.T) {
	address := func(origin string) string { return strings.Replace(origin, "localhost", "127.0.0.1", 1) }
	origin := address(server(t, func(origin string) string { return "AUTH_ISSUER=" + address(origin) }))
	p := open(t, origin)
	p.codeSignIn(origin, ada, 1)
	p.says("Signed in")
	for _, id := range []string{"passkeys", "use-passkey"} {
		if p.evaluate(`document.getElementById("`+id+`").checkVisibility() ? "shown" : ""`) != "" {
			t.Errorf("#%s is offered", id)
		}
	}
}
