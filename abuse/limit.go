package abuse

import "time"

// Limit is one row of the table of limits.
type Limit struct {
	// Name names the limit in settings, events and documents.
	Name string
	// Key says what is counted: "IP", "recipient".
	Key string
	// Window is how long a count lives, from the first hit on.
	Window time.Duration
	// Max is how many hits a window takes; the next one is refused.
	Max int64
	// Protects says against what.
	Protects string
}

// Backoff is the wait that grows with consecutive failures against one subject.
type Backoff struct {
	// Free is how many failures cost nothing.
	Free int
	// First is the wait after failure number Free; each further one doubles it, up to Longest.
	First, Longest time.Duration
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
