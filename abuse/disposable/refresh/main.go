// Command refresh brings the list of disposable domains up to date. It fetches the data package with npm, checks it, and writes
// domains.txt and SOURCE.md. A package that does not hold up leaves both as they are.
//
//	go run ./abuse/disposable/refresh [version]
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// dataPackage carries the list of github.com/disposable-email-domains/disposable-email-domains.
const dataPackage = "disposable-email-domains-js"

// folder is where the list lies, from the root of the module.
const folder = "abuse/disposable"

func main() {
	version := "latest"
	if len(os.Args) > 1 {
		version = os.Args[1]
	}
	if err := run(version, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "refresh:", err)
		os.Exit(1)
	}
}

func run(version string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "disposable")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	npm := exec.CommandContext(ctx, "npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", dir, dataPackage+"@"+version)
	npm.Stderr = os.Stderr
	if err := npm.Run(); err != nil {
		return fmt.Errorf("npm pack: %w", err)
	}
	archives, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil {
		return err
	}
	if len(archives) != 1 {
		return errors.New("npm pack brought no archive")
	}
	return install(archives[0], folder, out)
}

// install replaces the list in a folder by the one in an archive.
func install(archive, folder string, out io.Writer) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	p, err := unpack(file)
	if err != nil {
		return err
	}
	fresh, left, err := p.list()
	if err != nil {
		return err
	}
	if err := notShrunk(folder, fresh); err != nil {
		return err
	}
	err = errors.Join(
		replace(filepath.Join(folder, "domains.txt"), fresh),
		replace(filepath.Join(folder, "SOURCE.md"), p.source(fresh, left)),
	)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s %s: %d domains, %d left out\n", dataPackage, p.Version, fresh.Len(), left)
	return err
}
