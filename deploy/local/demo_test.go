package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheDemoShowsTheSameSampleTwice(t *testing.T) {
	t.Parallel()
	built := filepath.Join(programs, "services")
	if output, err := exec.Command("go", "build", "-o", built+"/", "../../services/...").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	c := newClone(t, nil)
	for _, service := range []string{"grouping", "ingest", "traces", "search"} {
		if err := os.Remove(c.path("bin/picket-" + service)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(built, service), c.path("bin/picket-"+service)); err != nil {
			t.Fatal(err)
		}
	}
	first, status := c.run(t, "demo")
	if status != 0 {
		t.Fatalf("status %d: %s", status, first)
	}
	for _, want := range []string{"Issues (11)", "Monitor failure", "Trace ", "grpcurl -plaintext"} {
		if !strings.Contains(first, want) {
			t.Errorf("no %q in %s", want, first)
		}
	}
	second, status := c.run(t, "demo")
	if status != 0 {
		t.Fatalf("status %d: %s", status, second)
	}
	if diff := cmp.Diff(shown(t, first), shown(t, second)); diff != "" {
		t.Error("what was sent again counts again:", diff)
	}
}

// shown is the part of the demo's output that tells of issues and traces, without addresses.
func shown(t *testing.T, output string) string {
	t.Helper()
	_, report, found := strings.Cut(output, "\nIssues (")
	report, _, stopped := strings.Cut(report, "\nstopping ")
	if !found || !stopped {
		t.Fatal(output)
	}
	return regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(report, "")
}
