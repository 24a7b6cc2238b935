package abuse

import "time"

// Limit is one row of the table of limits.
type Limit struct {
	// Name names the limit in events and documents.
	Name string
	// Option is the field of [Options] that sets it.
	Option string
	// Key says what is counted: "IP", "recipient", "channel".
	Key string
	// Window is how long a count lives, from the first hit on.
	Window time.Duration
	// Calendar says that windows begin at midnight UTC, whenever the first hit is.
	Calendar bool
	// Max is how many hits a window takes; the next one is refused.
	Max int64
	// Protects says against what.
	Protects string
}

// Backoff is one row of the table of waits that grow with consecutive failures.
type Backoff struct {
	// Name names the wait in events and documents.
	Name string
	// Option is the field of [Options] that sets Free, where there is one.
	Option string
	// Key says whose failures are counted: "IP", "account and kind of factor".
	Key string
	// Free is how many failures cost nothing.
	Free int
	// First is the wait after failure number Free; each further one doubles it, up to Longest.
	First, Longest time.Duration
	// Forgotten says when failures are.
	Forgotten string
	// Protects says against what.
	Protects string
}

// wait answers how long the next try has to wait after n failures.
func (b Backoff) wait(n int) time.Duration {
	if n < b.Free {
		return 0
	}
	d := b.First
	for i := b.Free; i < n && d < b.Longest; i++ {
		d *= 2
	}
	return min(d, b.Longest)
}

const (
	firstWait   = 30 * time.Second
	longestWait = time.Hour
	// ipMemory is how long the failures of an address are counted. The waits up to the longest one add up to more than an hour.
	ipMemory = 2 * time.Hour
	oneDay   = 24 * time.Hour
	// keptSends is how many of a recipient's sends in a day are kept for those who solve a CAPTCHA.
	keptSends = 2
	// noticesPerSend is how many notices of a day a recipient may be sent for each code.
	noticesPerSend = 3
)

// table is all there is to count.
type table struct {
	ip, hour, day, kept, prefix, country, email, sms, account, notices Limit

	address, guess Backoff
}

func (o *Options) table() table {
	kept := int64(0)
	if o.Captcha != nil {
		kept = min(keptSends, int64(o.RecipientPerDay)-1)
	}
	owners := "owners of addresses against unwanted messages"
	return table{
		ip:      Limit{"ip_minute", "IPPerMinute", "IP", time.Minute, false, int64(o.IPPerMinute), "every public POST, and the way to a provider and back, against floods from one place"},
		hour:    Limit{"recipient_hour", "RecipientPerHour", "recipient", time.Hour, false, int64(o.RecipientPerHour), owners},
		day:     Limit{"recipient_day", "RecipientPerDay", "recipient", oneDay, false, int64(o.RecipientPerDay) - kept, owners},
		kept:    Limit{"recipient_day_kept", "RecipientPerDay", "recipient", oneDay, false, kept, "owners of addresses against strangers who use up what may be sent: for who solved a CAPTCHA"},
		prefix:  Limit{"sms_prefix_day", "SMSPerPrefix", "number without its last 4 digits", oneDay, true, int64(o.SMSPerPrefix), "the bill against numbers that somebody holds by the block"},
		country: Limit{"sms_country_day", "SMSPerCountry", "country", oneDay, true, int64(o.SMSPerCountry), "the bill against one country eating the whole budget"},
		email:   Limit{"email_day", "DailyEmail", "channel", oneDay, true, int64(o.DailyEmail), "the bill, and the good name of the sender"},
		sms:     Limit{"sms_day", "DailySMS", "channel", oneDay, true, int64(o.DailySMS), "the bill"},
		account: Limit{"account_day", "RecipientPerDay", "account", oneDay, false, int64(o.RecipientPerDay), "the bill, and everybody else's share of the day, against one account that names address after address"},
		notices: Limit{"notice_day", "RecipientPerDay", "recipient", oneDay, false, noticesPerSend * int64(o.RecipientPerDay), "the bill, and the good name of the sender, against an account whose changes are repeated"},
		address: Backoff{"ip_backoff", "IPFailures", "IP", o.IPFailures, firstWait, longestWait, "2 hours after the first; no success clears them", "accounts against one place that guesses at many"},
		guess:   Backoff{"backoff", "", "account or address, and kind of factor", 5, firstWait, longestWait, "when the right one is shown; else 30 days after the wait, fewer than 5 after one", "one account against guesses from everywhere"},
	}
}

// Limits answers the table of limits, in the order in which they are looked at, for documents and tools.
func (g *Guard) Limits() []Limit {
	t := &g.table
	return []Limit{t.ip, t.hour, t.day, t.kept, t.prefix, t.country, t.email, t.sms, t.account, t.notices}
}

// Backoffs answers the table of waits.
func (g *Guard) Backoffs() []Backoff { return []Backoff{g.address, g.guess} }
