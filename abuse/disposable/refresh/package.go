package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
	"golang.org/x/net/publicsuffix"

	"github.com/crafteasy/auth/abuse/disposable"
	"github.com/crafteasy/auth/user"
)

// licence is the one under which the data may lie in this repository without further ado.
const licence = "CC0-1.0"

// data is what the archive of the data package holds.
type data struct {
	Version string `json:"version"`
	License string `json:"license"`

	domains []string
}

// unpack reads the two files that matter, and no more of either than a list may have.
func unpack(r io.Reader) (*data, error) {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	p := &data{}
	for archive := tar.NewReader(zip); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		var into any
		switch header.Name {
		case "package/package.json":
			into = p
		case "package/dist/dict/disposable_email_blocklist.json":
			into = &p.domains
		default:
			continue
		}
		if header.Size > disposable.MaxBytes {
			return nil, disposable.ErrTooLarge
		}
		if err := json.UnmarshalRead(archive, into); err != nil {
			return nil, fmt.Errorf("%s: %w", header.Name, err)
		}
	}
	if p.License != licence {
		return nil, fmt.Errorf("the licence is %q, not %s", p.License, licence)
	}
	return p, nil
}

// list checks the domains. It leaves out those below which strangers live, the public suffixes of registries and of hosting services,
// and those that no address can have, as long as they are few.
func (p *data) list() (fresh *disposable.List, left int, err error) {
	var kept []string
	strange := 0
	for _, domain := range p.domains {
		suffix, _ := publicsuffix.PublicSuffix(domain)
		_, wrong := user.ParseEmail("x@" + domain)
		switch {
		case wrong != nil:
			strange++
		case suffix == domain:
			left++
		default:
			kept = append(kept, domain)
		}
	}
	if strange > len(p.domains)/100 {
		return nil, 0, fmt.Errorf("%w: %d of %d", disposable.ErrDomain, strange, len(p.domains))
	}
	fresh, err = disposable.Read(strings.NewReader(strings.Join(kept, "\n")))
	return fresh, left + strange, err
}

// notShrunk compares the fresh list with the one in the folder.
func notShrunk(folder string, fresh *disposable.List) error {
	file, err := os.Open(filepath.Join(folder, "domains.txt"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	old, err := disposable.Read(file)
	if err != nil {
		return fmt.Errorf("the list as it is: %w", err)
	}
	var b bytes.Buffer
	if _, err := fresh.WriteTo(&b); err != nil {
		return err
	}
	return old.Reload(&b)
}

// source is the text of SOURCE.md.
func (p *data) source(fresh *disposable.List, left int) io.WriterTo {
	return bytes.NewBufferString(fmt.Sprintf(`# Where domains.txt comes from

| | |
|---|---|
| data | github.com/disposable-email-domains/disposable-email-domains, the list disposable_email_blocklist.conf |
| package | npm %s, version %s |
| licence | %s (public domain dedication) |
| domains | %d; %d left out: public suffixes, and what no address can have |

"make disposable" writes this file and the list anew. A package whose licence, size or content does not hold up, or which has lost more
than half of its domains, leaves both as they are.
`, dataPackage, p.Version, p.License, fresh.Len(), left))
}

// replace writes a file in one step, so that nothing half-written ever lies there.
func replace(path string, content io.WriterTo) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".refresh-*")
	if err != nil {
		return err
	}
	_, err = content.WriteTo(file)
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}
