package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// events is a run in which every group has one rule on every back end but a real MongoDB, changed by the caller.
func events(change func(line string) string) string {
	var b strings.Builder
	for _, c := range columns[:len(columns)-1] {
		pkg, test, _ := strings.Cut(c.test, " ")
		for _, r := range rows {
			for _, namespace := range []string{`namespace_\"\"/`, `namespace_\"tenant\"/`} {
				if r.name == "Namespaces" {
					namespace = ""
				}
				line := fmt.Sprintf(`{"Action":"pass","Package":"example.com/x/%s","Test":"%s/%s%s/a_rule"}`, pkg, test, namespace, r.name)
				b.WriteString(change(line) + "\n")
			}
		}
	}
	return b.String()
}

func TestTable(t *testing.T) {
	tests := []struct {
		name   string
		change func(string) string
		err    string // part of it; empty: none
	}{
		{"all passed", func(s string) string { return s }, ""},
		{"one failed in a namespace", func(s string) string {
			if strings.Contains(s, "TestStoreOnACluster/namespace_\\\"\\\"/Locks") {
				return strings.Replace(s, "pass", "fail", 1)
			}
			return s
		}, "Locks on Redis Cluster, 3 masters: a_rule"},
		{"one was skipped", func(s string) string {
			if strings.Contains(s, "PostgreSQL/namespace_\\\"tenant\\\"/Links") {
				return strings.Replace(s, "pass", "skip", 1)
			}
			return s
		}, "Links on MongoDB wire server on PostgreSQL: a_rule"},
		{"a rule is missing on one", func(s string) string {
			if strings.Contains(s, "SQLite/Namespaces") {
				return `{"Action":"start"}`
			}
			return s
		}, "Namespaces on MongoDB wire server on SQLite: 0 rules ran, not 1"},
		{"a back end did not run", func(s string) string {
			if strings.Contains(s, "BehindSentinels") {
				return `{"Action":"start"}`
			}
			return s
		}, "only 5 of 6 back ends ran"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			results, err := read(strings.NewReader(events(tt.change)), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			table, err := results.table()
			switch {
			case tt.err == "" && (err != nil || strings.Count(table, "\n") != 2+len(rows) || !strings.Contains(table, "| 1 | 1 | 1 | 1 | 1 | 1 |\n")):
				t.Errorf("got %q, %v", table, err)
			case tt.err != "" && (err == nil || err.Error() != tt.err):
				t.Errorf("got %v, want %s", err, tt.err)
			}
		})
	}
}

func TestReplace(t *testing.T) {
	got, err := replace("a\n"+begin+"old\n"+end+"b\n", "new\n")
	if want := "a\n" + begin + "\nnew\n\n" + end + "b\n"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if _, err := replace("no mark", "new"); err == nil {
		t.Error("a text without a place is changed")
	}
}
