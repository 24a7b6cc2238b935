package proof

// attack is a case of the attack catalogue: what is tried, in a line.
type attack struct{ id, title string }

// unbuilt are cases of features that are not there, each with the reason. One that has a test does not belong here.
var unbuilt = map[string]string{}

// areas are the parts of the catalogue, in its order.
var areas = []struct {
	name  string
	cases []attack
}{
	{"J: the form of a token", []attack{
		{"J01", "`alg` is none in every spelling, missing, or anything but ES512"},
		{"J02", "a MAC keyed with the public key in its usual encodings"},
		{"J03", "another curve or algorithm under a known key id; unfit keys at construction"},
		{"J04", "key ids that are paths, queries, huge, or of another type"},
		{"J05", "an attacker's key, or where to fetch it, in the header"},
		{"J06", "critical, compression, content and encryption headers under our own signature"},
		{"J08", "expiry that is missing, of another type, or beyond the longest life"},
		{"J09", "tokens around the bounds of their time, and clocks that differ"},
		{"J10", "another issuer, audience or subject, and those of another type"},
		{"J11", "a token of one kind where another kind belongs"},
		{"J13", "other encodings and lengths of a right signature; published vectors"},
		{"J14", "signatures of zero, of the group's order, and with each bit flipped"},
		{"J16", "too few or too many segments, the JSON forms, encrypted tokens, size"},
		{"J18", "payloads that are no object, no UTF-8, or of hostile depth"},
	}},
	{"S: sessions", []attack{
		{"S01", "a token that owes the second factor, on every route"},
		{"S02", "tokens that do not hold where nobody needs one"},
		{"S04", "a machine's token where a person belongs"},
		{"S05", "refresh with dead, replaced and foreign tokens, and by URL or form"},
		{"S06", "a chain of refreshes beyond the absolute life, and idleness"},
		{"S09", "another user's sessions, listed and ended"},
		{"S10", "a token fixed before sign-in"},
		{"S11", "everything that a disabled, erased or reset account still has in flight"},
	}},
	{"O: codes by mail and text message", []attack{
		{"O01", "more guesses than a code allows, also at once"},
		{"O03", "the right code from fifty requests at once"},
		{"O04", "the right code again, and in other spellings"},
		{"O05", "a code for another user, channel, purpose or namespace"},
		{"O06", "a code with another request's handle, or without one"},
		{"O08", "codes about the end of their life; codes that are too short or live too long"},
		{"O09", "codes that are not random; a source of randomness that fails"},
		{"O11", "telling accounts apart by what is answered"},
	}},
	{"N: addresses and numbers", []attack{
		{"N01", "many spellings of one mailbox"},
		{"N04", "second recipients and headers hidden in an address"},
		{"N05", "many addresses in one field, and one field many times"},
		{"N06", "many spellings of a number; numbers that are not served"},
		{"N07", "messages sent for what they earn"},
	}},
	{"A: sign-in at providers", []attack{
		{"A01", "a state that is missing, changed, late or huge"},
		{"A02", "one callback many times, also at once"},
		{"A03", "a callback in another browser than the one that began"},
		{"A05", "PKCE that is weak, missing or reused"},
		{"A06", "ID tokens with one thing wrong each"},
		{"A07", "key sets that change, fail, are huge or hostile"},
		{"A11", "one subject with other addresses, one address with other subjects"},
		{"A13", "hostile error answers of a provider"},
		{"A15", "metadata that names another issuer or unsafe endpoints"},
		{"A16", "tokens in URLs, links begun by somebody else, forged hosts"},
	}},
	{"T: authenticator apps and recovery codes", []attack{
		{"T01", "the published vectors"},
		{"T03", "one code from many requests at once"},
		{"T05", "codes of other steps; time named by the client; unsafe options"},
		{"T07", "enrolment left, repeated, late, and with hostile labels"},
		{"T08", "turning the factor off, or new recovery codes, without proof"},
		{"T10", "recovery codes that are weak, readable or endless"},
	}},
	{"W: passkeys", []attack{
		{"W01", "the published vectors, and each with a byte changed"},
		{"W02", "a challenge again, at once, late, or somebody else's"},
		{"W04", "other origins and relying parties"},
		{"W05", "a user who was not present or not verified"},
		{"W06", "backup flags that contradict, frames of other origins"},
		{"W07", "a counter that does not grow"},
		{"W08", "a credential id that is taken, raced for, too long or empty"},
		{"W09", "a passkey under another user's name"},
		{"W10", "hostile keys, signatures and encodings"},
		{"W11", "telling accounts apart by the options of a sign-in"},
		{"W12", "changing passkeys without the right to; the last way in"},
	}},
	{"K: API keys", []attack{
		{"K01", "telling keys apart by how they are refused"},
		{"K02", "keys and their tokens after the end"},
		{"K05", "a key found anywhere but in the answer that made it"},
		{"K07", "a token that may more than its key"},
		{"K08", "a key in another place; many secrets tried on one name"},
	}},
	{"R: limits, proxies, dependencies", []attack{
		{"R01", "an address named by headers that nobody vouches for"},
		{"R03", "many addresses of one IPv6 network"},
		{"R05", "waits that are dodged by other accounts, clocks or a restart"},
		{"R07", "a CAPTCHA that is missing, reused, or whose service fails"},
		{"R09", "throw-away mailboxes in every spelling; a broken list"},
		{"R10", "costly work before cheap refusals; locking somebody else out"},
	}},
	{"H: HTTP", []attack{
		{"H01", "huge, slow, lying and hostile bodies"},
		{"H02", "other media types and methods"},
		{"H04", "two credentials at once"},
		{"H05", "requests of other sites where a cookie is the credential"},
		{"H06", "what every answer carries; panics; a forged host"},
	}},
	{"L: log, configuration, operation", []attack{
		{"L02", "lines forged in the log; decisions without an event, or with two"},
		{"L03", "authentication switched off by accident"},
		{"L04", "keys and secrets that rotate; unsafe configurations"},
		{"L05", "the gates of the build: race detector, linters, fuzzing, leaks, constant time, randomness"},
	}},
}
