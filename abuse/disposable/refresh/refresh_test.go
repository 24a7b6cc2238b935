package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive is a data package with these files.
func archive(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "data.tgz")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	manifestName = "package/package.json"
	listName     = "package/dist/dict/disposable_email_blocklist.json"
	manifest     = `{"version":"9.9.9","license":"CC0-1.0"}`
	before       = "a.example\nb.example\nc.example\nd.example\n"
)

func TestInstall(t *testing.T) {
	for _, c := range []struct {
		rule, manifest, list string
		want                 string // empty: the old list stays
	}{
		{"a good list replaces the old", manifest, `["B.example","d.example","c.example"]`, "b.example\nc.example\nd.example\n"},
		{"public suffixes are left out", manifest, `["b.example","c.example","co.uk","github.io"]`, "b.example\nc.example\n"},
		{"an empty list", manifest, `[]`, ""},
		{"a list that has lost more than half", manifest, `["zz.co.uk.example"]`, ""},
		{"another licence", `{"version":"9.9.9","license":"GPL-3.0"}`, `["b.example","d.example","c.example"]`, ""},
		{"no licence", `{"version":"9.9.9"}`, `["b.example","d.example","c.example"]`, ""},
		{"a list of something else", manifest, `{"b.example":1}`, ""},
		{"a page in place of a list", manifest, `<html>`, ""},
		{"a mail provider", manifest, `["b.example","c.example","gmail.com"]`, ""},
		{"what is no domain", manifest, `["b.example","c.example","<b>"]`, ""},
		{"a list that is too large", manifest, `["` + strings.Repeat("a", 9<<20) + `"]`, ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "domains.txt")
			if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
			err := install(archive(t, map[string]string{manifestName: c.manifest, listName: c.list}), folder, io.Discard)
			got, readErr := os.ReadFile(path)
			if readErr != nil {
				t.Fatal(readErr)
			}
			source, _ := os.ReadFile(filepath.Join(folder, "SOURCE.md"))
			switch {
			case c.want == "" && (err == nil || string(got) != before || source != nil):
				t.Errorf("it was taken: %v, %q", err, got)
			case c.want != "" && (err != nil || string(got) != c.want || !strings.Contains(string(source), "version 9.9.9")):
				t.Errorf("it was not taken: %v, %q, %s", err, got, source)
			}
		})
	}
}

// TestInstall_NoArchive: what is no archive changes nothing.
func TestInstall_NoArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.tgz")
	if err := os.WriteFile(path, []byte("<html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := install(path, t.TempDir(), io.Discard); err == nil {
		t.Error("it was taken")
	}
	if err := install(filepath.Join(t.TempDir(), "none.tgz"), t.TempDir(), io.Discard); err == nil {
		t.Error("a file that is not there was taken")
	}
}
