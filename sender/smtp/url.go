package smtp

import (
	"errors"
	"net/url"
	"strconv"
)

// Parse reads options from a URL: "smtp://user:password@host:587?from=Example%20<noreply@example.com>" for STARTTLS,
// "smtps://…" for implicit TLS. User, password and port may be left out. Parameters:
//
//   - from: Options.From, required
//   - message_id_domain: Options.MessageIDDomain
//   - insecure_no_tls: Options.InsecureNoTLS, the reason
//
// Anything else is an error, which never shows the URL: it holds a password.
func Parse(raw string) (Options, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return Options{}, errors.New("smtp: the URL cannot be read")
	}
	o := Options{Host: u.Hostname(), ImplicitTLS: u.Scheme == "smtps"}
	if u.Scheme != "smtp" && u.Scheme != "smtps" || u.Opaque != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return Options{}, errors.New("smtp: the URL must look like smtp://user:password@host:587?from=…")
	}
	if p := u.Port(); p != "" {
		if o.Port, err = strconv.Atoi(p); err != nil || o.Port < 1 {
			return Options{}, errors.New("smtp: the URL's port is out of range")
		}
	}
	o.Username = u.User.Username()
	o.Password, _ = u.User.Password()
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Options{}, errors.New("smtp: the URL's parameters cannot be read")
	}
	for name, values := range query {
		field, ok := map[string]*string{
			"from": &o.From, "message_id_domain": &o.MessageIDDomain, "insecure_no_tls": &o.InsecureNoTLS,
		}[name]
		if !ok || len(values) != 1 {
			return Options{}, errors.New("smtp: a parameter of the URL is unknown or doubled")
		}
		*field = values[0]
	}
	if o.From == "" {
		return Options{}, errors.New("smtp: the URL lacks the parameter from")
	}
	return o, nil
}
