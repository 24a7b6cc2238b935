package twilio_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
)

const (
	account = "AC0123456789abcdef0123456789abcdef"
	token   = "0f0e0d0c0b0a09080706050403020100"
	key     = "SK0123456789abcdef0123456789abcdef"
	secret  = "an API secret"
	service = "MG0123456789abcdef0123456789abcdef"
	number  = "+15005550006"
)

// double answers as Twilio's documentation of the Messages resource and of its error answers says, field by field.
type double struct {
	*httptest.Server
	mu    sync.Mutex
	forms []url.Values
}

func start(t *testing.T) *double {
	t.Helper()
	d := &double{}
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, pass, _ := r.BasicAuth()
	err := r.ParseForm()
	switch {
	case r.URL.Path != "/2010-04-01/Accounts/"+account+"/Messages.json" || r.URL.RawQuery != "":
		refuse(w, 404, 20404, "The requested resource "+r.URL.Path+" was not found")
	case r.Method != http.MethodPost:
		refuse(w, 405, 20004, "Method not allowed")
	case (user != account || pass != token) && (user != key || pass != secret):
		w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
		refuse(w, 401, 20003, "Authenticate")
	case err != nil || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded":
		refuse(w, 400, 20001, "Bad request")
	default:
		d.create(w, r.PostForm)
	}
}

func (d *double) create(w http.ResponseWriter, f url.Values) {
	d.mu.Lock()
	d.forms = append(d.forms, f)
	d.mu.Unlock()
	to := f.Get("To")
	switch to {
	case "+15005550001":
		refuse(w, 400, 21211, "Invalid 'To' Phone Number: "+to)
	case "+15005550004":
		refuse(w, 400, 21610, "Attempt to send to unsubscribed recipient "+to)
	case "+15005550003":
		refuse(w, 403, 21408, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: "+to)
	case "+15005550011":
		refuse(w, 429, 20429, "Too Many Requests")
	case "+15005550012":
		refuse(w, 400, 21611, "This 'From' number has exceeded the maximum number of queued messages")
	case "+15005550013":
		refuse(w, 503, 20503, "Service unavailable")
	case "+15005550014":
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html>bad gateway</html>"))
	case "+15005550015":
		resource(w, f, "failed", 30008)
	case "+15005550016":
		resource(w, f, "undelivered", nil)
	case "+15005550017":
		_, _ = w.Write([]byte("<html>a portal in between</html>"))
	case "+15005550018":
		_, _ = w.Write(make([]byte, 1<<20))
	case "+15005550020":
		answer(w, http.StatusOK, map[string]any{"ok": true})
	case "+15005550019":
		http.Redirect(w, &http.Request{Method: http.MethodPost, URL: &url.URL{Path: "/"}}, "/elsewhere", http.StatusTemporaryRedirect)
	default:
		status := "queued"
		if f.Get("MessagingServiceSid") != "" {
			status = "accepted"
		}
		resource(w, f, status, nil)
	}
}

// resource is a message resource as it is created.
func resource(w http.ResponseWriter, f url.Values, status string, code any) {
	const sid = "SM0123456789abcdef0123456789abcdef"
	uri := "/2010-04-01/Accounts/" + account + "/Messages/" + sid
	answer(w, http.StatusCreated, map[string]any{
		"sid": sid, "account_sid": account, "api_version": "2010-04-01", "body": f.Get("Body"), "to": f.Get("To"),
		"from": nullable(f.Get("From")), "messaging_service_sid": nullable(f.Get("MessagingServiceSid")), "status": status,
		"direction": "outbound-api", "num_segments": "1", "num_media": "0", "price": nil, "price_unit": "USD", "error_code": code,
		"error_message": nil, "date_created": "Tue, 24 Nov 2026 08:43:07 +0000", "date_updated": "Tue, 24 Nov 2026 08:43:07 +0000",
		"date_sent": nil, "uri": uri + ".json", "subresource_uris": map[string]string{"media": uri + "/Media.json"},
	})
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// refuse is an error answer.
func refuse(w http.ResponseWriter, status, code int, words string) {
	answer(w, status, map[string]any{
		"code": code, "message": words, "more_info": "https://www.twilio.com/docs/errors/" + strconv.Itoa(code), "status": status,
	})
}

func answer(w http.ResponseWriter, status int, v map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(b)
}
