package debian_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/picket-io/picket/deploy/local/internal/debian"
)

func TestInstallAsksAptOnceAndWithoutQuestions(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	t.Setenv("LOG", log)
	t.Setenv("PATH", programs(t, map[string]string{
		"apt-get": `echo "$DEBIAN_FRONTEND $*" >> "$LOG"`,
		"sudo":    `shift; exec "$@"`,
	})+":"+os.Getenv("PATH"))
	if err := debian.Install(t.Context(), []string{"postgresql", "redis-server"}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	want := `noninteractive -q -o DPkg::Lock::Timeout=300 update
noninteractive -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends postgresql redis-server
`
	if string(got) != want {
		t.Errorf("got %s", got)
	}
}

func TestInstallFailsWithWhatAptSaid(t *testing.T) {
	t.Setenv("PATH", programs(t, map[string]string{
		"apt-get": `echo "E: no $*"; exit 100`,
		"sudo":    `shift; exec "$@"`,
	})+":"+os.Getenv("PATH"))
	err := debian.Install(t.Context(), []string{"redis-server"})
	if err == nil || errors.Is(err, debian.ErrCannotInstall) || !strings.Contains(err.Error(), "E: no -q") {
		t.Errorf("got %v", err)
	}
}

func TestInstallTellsWhereItCannot(t *testing.T) {
	for name, path := range map[string]string{
		"no apt-get": programs(t, nil),
		"neither":    programs(t, map[string]string{"apt-get": "true"}),
		"password":   programs(t, map[string]string{"apt-get": "true", "sudo": "exit 1"}),
	} {
		if name != "no apt-get" && os.Geteuid() == 0 {
			continue // root needs no sudo
		}
		t.Setenv("PATH", path)
		err := debian.Install(t.Context(), []string{"redis-server"})
		if !errors.Is(err, debian.ErrCannotInstall) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// programs is a folder with shell scripts.
func programs(t *testing.T, scripts map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
