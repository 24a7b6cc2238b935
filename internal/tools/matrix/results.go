package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// column is a back end as the tests name it: the beginning of a test's package and name.
type column struct{ title, test string }

var columns = []column{
	{"memory", "store/memstore TestStore"},
	{"Redis", "store/redisstore TestStoreOnOneNode"},
	{"Redis Cluster, 3 masters", "store/redisstore TestStoreOnACluster"},
	{"Redis behind Sentinel", "store/redisstore TestStoreBehindSentinels"},
	{"MongoDB wire server on SQLite", "store/mongostore TestStore/SQLite"},
	{"MongoDB wire server on PostgreSQL", "store/mongostore TestStore/PostgreSQL"},
	{"MongoDB", "store/mongostore TestStore/MongoDB"},
}

// rows are the groups of rules, in the order of the table, with what they are about.
var rows = []struct{ name, about string }{
	{"KV", "what expires: codes, challenges, counters"},
	{"Users", "accounts"},
	{"Sessions", "sessions, refresh, revocation"},
	{"Feed", "what the mirror of revocations learns"},
	{"Locks", "failed guesses"},
	{"TOTP", "authenticator apps, recovery codes"},
	{"Passkeys", "passkeys"},
	{"APIKeys", "API keys"},
	{"Links", "identities at providers"},
	{"Namespaces", "one state for all views, none shared between namespaces"},
}

// cell names a group of rules on a back end.
type cell struct{ row, column string }

// outcomes are the rules of each cell and whether each passed, however often it was run.
type outcomes map[cell]map[string]bool

// event is a line of "go test -json".
type event struct{ Action, Package, Test string }

// read collects what the rules came to, and shows which tests are over.
func read(lines io.Reader, progress io.Writer) (outcomes, error) {
	results := outcomes{}
	for d := json.NewDecoder(lines); ; {
		var e event
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			return results, nil
		} else if err != nil {
			return nil, err
		}
		if e.Action != "pass" && e.Action != "fail" && e.Action != "skip" {
			continue
		}
		if e.Action == "fail" || !strings.Contains(e.Test, "/") {
			_, _ = fmt.Fprintln(progress, e.Action, e.Package, e.Test)
		}
		results.note(e)
	}
}

// note keeps the outcome of a rule; other tests are none.
func (o outcomes) note(e event) {
	test := e.Package[strings.LastIndex(e.Package, "store/"):] + " " + e.Test
	for _, c := range columns {
		below, ok := strings.CutPrefix(test, c.test+"/")
		if !ok {
			continue
		}
		for _, r := range rows {
			_, rule, ok := strings.Cut("/"+below, "/"+r.name+"/")
			if !ok {
				continue
			}
			in := cell{r.name, c.title}
			if o[in] == nil {
				o[in] = map[string]bool{}
			}
			before, ran := o[in][rule]
			o[in][rule] = e.Action == "pass" && (before || !ran)
		}
	}
}

// table is what the README says, or what did not pass.
func (o outcomes) table() (string, error) {
	ran := slices.DeleteFunc(slices.Clone(columns), func(c column) bool { return o[cell{rows[0].name, c.title}] == nil })
	if len(ran) < len(columns)-1 { // a real MongoDB is not everywhere
		return "", fmt.Errorf("only %d of %d back ends ran", len(ran), len(columns)-1)
	}
	var b strings.Builder
	b.WriteString("| rules | |")
	for _, c := range ran {
		b.WriteString(" " + c.title + " |")
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(ran)) + "\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| `%s` | %s |", r.name, r.about)
		want := len(o[cell{r.name, ran[0].title}])
		for _, c := range ran {
			passed := 0
			for rule, ok := range o[cell{r.name, c.title}] {
				if !ok {
					return "", fmt.Errorf("%s on %s: %s", r.name, c.title, rule)
				}
				passed++
			}
			if passed != want || passed == 0 {
				return "", fmt.Errorf("%s on %s: %d rules ran, not %d", r.name, c.title, passed, want)
			}
			fmt.Fprintf(&b, " %d |", passed)
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}

// The marks of the table.
const (
	begin = "<!-- conformance: written by make matrix -->\n"
	end   = "<!-- end of conformance -->\n"
)

// replace puts the table between the marks of a text.
func replace(text, table string) (string, error) {
	before, rest, ok := strings.Cut(text, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return "", errors.New("the README has no place for the table")
	}
	return before + begin + "\n" + table + "\n" + end + after, nil
}
