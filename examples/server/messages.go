package main

import (
	"html/template"
	"net/http"

	"github.com/crafteasy/auth/sender"
)

// sheet is the page of all messages. Their HTML form is left to mail programs.
var sheet = template.Must(template.New("messages").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>auth: all messages</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
<h1>All messages</h1>
<p>Every message that this service can send, with made-up data. <code>Config.Templates</code> replaces single texts, <code>Config.Languages</code> those of a
language, as in <code>?language=sv</code>. What was sent is in the <a href="/dev/inbox">inbox</a>.</p>
{{range .}}<section>
<h2>{{.Kind}}</h2>
<p>Mail: <b>{{.Subject}}</b></p>
<pre tabindex="0">{{.Mail}}</pre>
<p>SMS, {{len .SMS}} bytes</p>
<pre tabindex="0">{{.SMS}}</pre>
</section>
{{end}}</main>
</body>
</html>
`))

// preview is a message as both channels would send it.
type preview struct {
	Kind               sender.Kind
	Subject, Mail, SMS string
}

// messages shows all templates. It exists beside the inbox alone.
func (a *app) messages(w http.ResponseWriter, r *http.Request) {
	var all []preview
	language := r.URL.Query().Get("language")
	for _, k := range sender.Kinds() {
		mail, err := a.auth.Preview(r.Context(), sender.EmailChannel, k, language)
		if err != nil {
			http.Error(w, "a message cannot be written", http.StatusInternalServerError)
			return
		}
		sms, err := a.auth.Preview(r.Context(), sender.SMSChannel, k, language)
		if err != nil {
			http.Error(w, "a message cannot be written", http.StatusInternalServerError)
			return
		}
		all = append(all, preview{k, mail.Subject, mail.Text, sms.Text})
	}
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Type", "text/html; charset=utf-8")
	_ = sheet.Execute(w, all) // the client is gone when this fails
}
