package auth_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/crafteasy/auth/authtest"
)

// try is one request.
type try struct {
	request *http.Request
	// proves says that it proves or enrols a second factor of the person, so that a user token is right.
	proves bool
	// after reads what the request has sent, so that the next code in the inbox is the next one's.
	after func(a reply)
}

// maker makes a request for the person that presents the token.
type maker func(w *world, p *person, token string) try

// kind is a kind of token that is presented. None has proven the person's second factor.
type kind struct {
	name  string
	token func(w *world, p *person) string
}

var kinds = []kind{
	{"nothing", func(*world, *person) string { return "" }},
	{"the first factor's token", func(w *world, p *person) string { return w.login(p) }},
	{"a token from before the enrolment", func(_ *world, p *person) string { return p.before }},
	{"another user's token", func(w *world, _ *person) string { return w.other.full }},
	{"another user's pre_auth token", func(w *world, _ *person) string { return w.login(w.other) }},
	{"a machine's token", func(w *world, p *person) string {
		return w.serve(request(w.t.Context(), http.MethodPost, "/auth/api-key", "", machine(p))).str("token")
	}},
}

func machine(p *person) string {
	return fmt.Sprintf(`{"api_code":%q,"api_key":%q}`, p.apiCode, p.apiKey)
}

// plainly sends nothing, with the person's id for routes that would believe it.
func plainly(method, path string) maker {
	return func(w *world, p *person, token string) try {
		path := strings.NewReplacer("{id}", "AAAAAAAAAAAAAAAAAAAAAA", "{provider}", "demo").Replace(path)
		body := ""
		if method == http.MethodPost || method == http.MethodPatch {
			body = "{}"
		}
		r := request(w.t.Context(), method, path, token, body)
		r.Header.Set("X-Test-User", p.id)
		return try{request: r}
	}
}

// post sends a body.
func post(path string, body func(w *world, p *person, token string) string) maker {
	return func(w *world, p *person, token string) try {
		return try{request: request(w.t.Context(), http.MethodPost, path, token, body(w, p, token))}
	}
}

// fixed is a body that is always the same.
func fixed(body string) func(*world, *person, string) string {
	return func(*world, *person, string) string { return body }
}

// notTheFactor are codes that are right for something else, or were.
func notTheFactor(path string) []maker {
	mailed := func(w *world, p *person, _ string) string {
		w.serve(request(w.t.Context(), http.MethodPost, "/auth/login/email", "", fmt.Sprintf(`{"email":%q}`, p.email)))
		return code(w.inbox.Code(w.t, p.email))
	}
	stepUp := func(w *world, p *person, token string) string {
		if a := w.serve(request(w.t.Context(), http.MethodPost, "/auth/reauthenticate/options", token, "")); strings.Contains(a.Body.String(), "email_otp") {
			return code(w.inbox.Code(w.t, p.email))
		}
		return code("123456")
	}
	return []maker{
		post(path, fixed(code("000000"))),
		post(path, fixed(code("AAAAAA-AAAAAA-AAAAAA-AAAAAA"))),
		post(path, mailed),
		post(path, stepUp),
		post(path, func(_ *world, p *person, _ string) string { return code(p.spent + p.spentCode) }),
		post(path, func(_ *world, p *person, _ string) string { return code(p.spentCode + " ") }),
		post(path, func(_ *world, p *person, _ string) string { return code(p.spent + " ") }),
		post(path, fixed(`{"credential":{}}`)),
		post(path, fixed(`{"code":"000000","credential":{}}`)),
	}
}

// assertion is what a passkey answers to a challenge that the path gives out.
func assertion(w *world, p *person, path, token string, forge ...func(*authtest.Answer)) string {
	options := w.serve(request(w.t.Context(), http.MethodPost, path, token, "{}"))
	if p.passkey == nil || options.Code != http.StatusOK {
		return `{"credential":{}}`
	}
	return fmt.Sprintf(`{"credential":%s}`, w.device.Assert(options.Body.Bytes(), p.passkey, forge...))
}

// attempts say how each route is tried.
var attempts = map[string][]maker{
	"POST /auth/login/email": {func(w *world, p *person, token string) try {
		return try{
			request: request(w.t.Context(), http.MethodPost, "/auth/login/email", token, fmt.Sprintf(`{"email":%q}`, p.email)),
			after:   func(reply) { w.inbox.Code(w.t, p.email) },
		}
	}},
	"POST /auth/login/sms": {post("/auth/login/sms", fixed(`{"phone":"+46701234567"}`))},
	"POST /auth/login/verify": {
		post("/auth/login/verify", func(w *world, p *person, _ string) string { return w.firstFactor(p) }),
		post("/auth/login/verify", func(w *world, p *person, _ string) string {
			return strings.TrimSuffix(w.firstFactor(p), "}") + `,"requires_2fa":false,"token_type":"user","amr":["totp"],"user_verified":true}`
		}),
	},
	"POST /auth/refresh": {plainly(http.MethodPost, "/auth/refresh")},
	"POST /auth/logout": {func(w *world, p *person, token string) try {
		if token == w.other.full {
			token = "" // it is needed
		}
		return plainly(http.MethodPost, "/auth/logout")(w, p, token)
	}},
	"POST /auth/reauthenticate/options": {beginning("{}"), beginning(`{"method":"email_otp"}`)},
	"POST /auth/reauthenticate":         notTheFactor("/auth/reauthenticate"),
	"POST /auth/2fa/verify":             append(notTheFactor("/auth/2fa/verify"), others("/auth/2fa/verify")...),
	"POST /auth/2fa/disable":            notTheFactor("/auth/2fa/disable"),
	"POST /auth/2fa/backup-codes":       notTheFactor("/auth/2fa/backup-codes"),
	"POST /auth/2fa/setup":              {plainly(http.MethodPost, "/auth/2fa/setup")},
	"POST /auth/2fa/enable":             append(notTheFactor("/auth/2fa/enable"), enrolling),
	"POST /auth/me/identifiers":         {post("/auth/me/identifiers", fixed(`{"email":"new@example.com"}`))},
	"POST /auth/api-key":                {post("/auth/api-key", func(_ *world, p *person, _ string) string { return machine(p) })},
	"POST /auth/api-key/signed":         {post("/auth/api-key/signed", func(_ *world, _ *person, token string) string { return fmt.Sprintf(`{"assertion":%q}`, token) })},
	"POST /auth/api-keys":               {post("/auth/api-keys", fixed(`{"name":"mine"}`))},
	"POST /auth/oauth2/handoff":         {handoff},
	"POST /auth/oauth2/link/confirm":    {post("/auth/oauth2/link/confirm", fixed(`{"link":"AAAAAAAAAAAAAAAAAAAAAA"}`))},

	"POST /auth/me/identifiers/verify":     {post("/auth/me/identifiers/verify", changed)},
	"POST /auth/api-keys/{id}/rotate":      {plainly(http.MethodPost, "/auth/api-keys/{id}/rotate")},
	"POST /auth/oauth2/{provider}/link":    {plainly(http.MethodPost, "/auth/oauth2/{provider}/link")},
	"POST /auth/2fa/webauthn/options":      {plainly(http.MethodPost, "/auth/2fa/webauthn/options")},
	"POST /auth/webauthn/login/options":    {plainly(http.MethodPost, "/auth/webauthn/login/options")},
	"POST /auth/webauthn/register/options": {plainly(http.MethodPost, "/auth/webauthn/register/options")},
	"POST /auth/webauthn/register/verify":  {registering},
	"POST /auth/webauthn/login/verify":     {passkey(authtest.UserPresent, false), passkey(authtest.UserPresent|authtest.UserVerified, true)},
	"GET /auth/oauth2/{provider}/callback": {func(w *world, p *person, _ string) try { return try{request: w.callback(p, "")} }},
}

// others are right proofs of somebody else, and the person's passkey for another ceremony.
func others(path string) []maker {
	return []maker{
		post(path, func(w *world, _ *person, token string) string {
			if w.tokenOf(w.other, token) {
				return code("000000") // for its owner it would be right
			}
			return code(w.code(w.other))
		}),
		post(path, func(w *world, p *person, _ string) string { return assertion(w, p, "/auth/webauthn/login/options", "") }),
		post(path, func(w *world, p *person, token string) string {
			return assertion(w, p, "/auth/2fa/webauthn/options", token, func(n *authtest.Answer) { n.Sign = func([]byte) []byte { return []byte("no signature") } })
		}),
	}
}

// enrolling sets an app up and enables it: right for who must have a factor and has none.
func enrolling(w *world, p *person, token string) try {
	made := w.serve(request(w.t.Context(), http.MethodPost, "/auth/2fa/setup", token, ""))
	mine := person{secret: made.str("secret")}
	if mine.secret == "" {
		return plainly(http.MethodPost, "/auth/2fa/enable")(w, p, token)
	}
	return try{request: request(w.t.Context(), http.MethodPost, "/auth/2fa/enable", token, code(w.code(&mine))), proves: w.tokenOf(p, token)}
}

// registering registers a passkey: as enrolling.
func registering(w *world, p *person, token string) try {
	options := w.serve(request(w.t.Context(), http.MethodPost, "/auth/webauthn/register/options", token, "{}"))
	if options.Code != http.StatusOK {
		return plainly(http.MethodPost, "/auth/webauthn/register/verify")(w, p, token)
	}
	credential, _ := w.device.Register(options.Body.Bytes())
	return try{
		request: request(w.t.Context(), http.MethodPost, "/auth/webauthn/register/verify", token, fmt.Sprintf(`{"credential":%s}`, credential)),
		proves:  w.tokenOf(p, token),
	}
}

// passkey signs in with the person's passkey, with or without user verification: only the latter is two factors.
func passkey(flags byte, proves bool) maker {
	return func(w *world, p *person, token string) try {
		body := assertion(w, p, "/auth/webauthn/login/options", "", authtest.WithFlags(flags))
		return try{request: request(w.t.Context(), http.MethodPost, "/auth/webauthn/login/verify", token, body), proves: proves}
	}
}

// handoff signs in at the provider and swaps the one-time code for the token.
func handoff(w *world, p *person, token string) try {
	r := w.callback(p, "?return_to=/done")
	done := w.serve(r)
	to := done.Header().Get("Location")
	_, query, _ := strings.Cut(to, "?")
	handle := strings.TrimPrefix(query, "code=")
	swap := request(w.t.Context(), http.MethodPost, "/auth/oauth2/handoff", token, code(handle))
	for _, c := range r.Cookies() {
		swap.AddCookie(c)
	}
	carry(swap, done)
	return try{request: swap}
}

// beginning begins a step-up.
func beginning(body string) maker {
	return func(w *world, p *person, token string) try {
		return try{
			request: request(w.t.Context(), http.MethodPost, "/auth/reauthenticate/options", token, body),
			after: func(a reply) {
				if strings.Contains(string(a.member("methods")), "email_otp") {
					w.inbox.Code(w.t, p.email)
				}
			},
		}
	}
}

// changed asks for a new address and proves it.
func changed(w *world, p *person, token string) string {
	to := strings.Replace(p.email, "@", ".new@", 1)
	sent := w.serve(request(w.t.Context(), http.MethodPost, "/auth/me/identifiers", token, fmt.Sprintf(`{"email":%q}`, to)))
	if sent.Code != http.StatusOK || token == w.other.full {
		return `{"code":"123456","challenge":"AAAAAAAAAAAAAAAAAAAAAA"}`
	}
	defer func() { p.email = to }()
	return fmt.Sprintf(`{"code":%q,"challenge":%q}`, w.inbox.Code(w.t, to), sent.str("challenge"))
}

// tokenOf reports whether a live token is the person's.
func (w *world) tokenOf(p *person, token string) bool {
	had, err := w.a.Gate().Identify(w.t.Context(), token)
	return err == nil && had.Payload.UserID == p.id
}
