// Program sbom writes a CycloneDX 1.5 document of the modules that a program links which imports the packages named, the whole library by
// default:
//
//	go run ./internal/tools/sbom [-o file] [package...]
//
// What it lists comes from "go list" and go.sum alone, in the order of the module's path, so that equal sources give equal documents.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

type module struct {
	Path, Version string
	Main          bool
	Sum           string
}

type hash struct {
	Alg     string `json:"alg"`
	Content string `json:"content"`
}

type component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"` //nolint:tagliatelle // CycloneDX names it so
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	PURL    string `json:"purl"`
	Hashes  []hash `json:"hashes,omitempty"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"` //nolint:tagliatelle // CycloneDX names it so
}

type bom struct {
	Format      string `json:"bomFormat"`   //nolint:tagliatelle // CycloneDX names it so
	SpecVersion string `json:"specVersion"` //nolint:tagliatelle // CycloneDX names it so
	Version     int    `json:"version"`
	Metadata    struct {
		Component component `json:"component"`
	} `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

func main() {
	out := flag.String("o", "", "the file to write; standard output by default")
	flag.Parse()
	packages := flag.Args()
	if len(packages) == 0 {
		packages = []string{"./..."}
	}
	text, err := document(packages)
	if err == nil && *out != "" {
		err = os.WriteFile(*out, text, 0o600)
	} else if err == nil {
		_, err = os.Stdout.Write(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

// document is the whole of it.
func document(packages []string) ([]byte, error) {
	modules, err := linked(packages)
	if err != nil {
		return nil, err
	}
	var b bom
	b.Format, b.SpecVersion, b.Version = "CycloneDX", "1.5", 1
	var refs []string
	for _, m := range modules {
		c, err := describe(m)
		if err != nil {
			return nil, err
		}
		if m.Main {
			b.Metadata.Component = c
			continue
		}
		b.Components = append(b.Components, c)
		refs = append(refs, c.Ref)
	}
	b.Dependencies = []dependency{{b.Metadata.Component.Ref, refs}}
	text, err := json.MarshalIndent(b, "", "  ")
	return append(text, '\n'), err
}

// describe is a module as a component. Its sum is what go.sum says of its whole content (h1: SHA-256).
func describe(m module) (component, error) {
	c := component{Type: "library", Name: m.Path, Version: m.Version, PURL: "pkg:golang/" + m.Path}
	if m.Version != "" {
		c.PURL += "@" + m.Version
	}
	c.Ref = c.PURL
	if sum, ok := strings.CutPrefix(m.Sum, "h1:"); ok {
		raw, err := base64.StdEncoding.DecodeString(sum)
		if err != nil {
			return c, fmt.Errorf("the sum of %s: %w", m.Path, err)
		}
		c.Hashes = []hash{{"SHA-256", hex.EncodeToString(raw)}}
	}
	return c, nil
}

// linked answers the modules of all packages that these need, by path.
func linked(packages []string) ([]module, error) {
	args := append([]string{"list", "-deps", "-json=Module"}, packages...)
	cmd := exec.Command("go", args...) //nolint:gosec,noctx // the packages are the caller's own arguments
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	byPath := map[string]module{}
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var p struct{ Module *module }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Module != nil {
			byPath[p.Module.Path] = *p.Module
		}
	}
	var all []module
	for _, m := range byPath {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return all, nil
}
