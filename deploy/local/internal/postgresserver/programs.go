// Package postgresserver finds PostgreSQL on this machine, makes clusters and runs servers over them. A server listens
// on 127.0.0.1 only and, because every user of the machine can connect there, asks for a generated password; it works
// the same at any depth of folders (the path of a Unix socket may have 107 bytes) and looks to the services like any
// other PostgreSQL.
package postgresserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// OldestVersion is the first major version whose SQL Picket can use.
const OldestVersion = 15

// ErrNotFound is returned when no suitable PostgreSQL is installed.
var ErrNotFound = errors.New("not found")

// Programs is an installed PostgreSQL.
type Programs struct {
	Folder  string // holds initdb and postgres
	Version int    // the major version
}

// Find returns the PostgreSQL that is installed here: the one that pg_config names, else that on the PATH, else the
// newest of Debian's. A version other than 0 asks for that one.
func Find(ctx context.Context, version int) (Programs, error) {
	for _, folder := range candidates(ctx) {
		found, err := versionOf(ctx, folder)
		if err == nil && (found == version || version == 0 && found >= OldestVersion) {
			return Programs{Folder: folder, Version: found}, nil
		}
	}
	if version != 0 {
		return Programs{}, fmt.Errorf("PostgreSQL %d: %w", version, ErrNotFound)
	}
	return Programs{}, fmt.Errorf("PostgreSQL %d or newer: %w", OldestVersion, ErrNotFound)
}

func candidates(ctx context.Context) []string {
	var folders []string
	if output, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(output)))
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(path))
		}
	}
	debians, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(debians, func(a, b string) int { return cmp.Compare(debianVersion(b), debianVersion(a)) })
	return append(folders, debians...)
}

func debianVersion(folder string) int {
	version, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return version
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// versionOf fails where the folder lacks a server: a client's package has a pg_config too.
func versionOf(ctx context.Context, folder string) (int, error) {
	if _, err := os.Stat(filepath.Join(folder, "initdb")); err != nil {
		return 0, err
	}
	output, err := exec.CommandContext(ctx, filepath.Join(folder, "postgres"), "--version").Output()
	if err != nil {
		return 0, err
	}
	match := versionPattern.FindSubmatch(output)
	if match == nil {
		return 0, fmt.Errorf("version of %s: %q", folder, output)
	}
	return strconv.Atoi(string(match[1]))
}
