package scrub_test

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/services/ingest/internal/scrub"
)

func TestSecretsAreTakenOut(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/cases.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var c struct {
			Case     string
			Safe     []string
			In, Out  map[string]any
			Redacted int
		}
		decoder := json.NewDecoder(strings.NewReader(lines.Text()))
		decoder.UseNumber()
		if err := decoder.Decode(&c); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		t.Run(c.Case, func(t *testing.T) {
			t.Parallel()
			s := scrub.New(c.Safe)
			s.Object(c.In)
			if diff := cmp.Diff(c.Out, c.In); diff != "" {
				t.Error(diff)
			}
			if s.Redacted != c.Redacted {
				t.Errorf("%d redacted, want %d", s.Redacted, c.Redacted)
			}
			s.Object(c.In)
			if diff := cmp.Diff(c.Out, c.In); diff != "" || s.Redacted != c.Redacted {
				t.Errorf("scrubbed again, %d redacted: %s", s.Redacted, diff)
			}
		})
	}
}

func TestLinesOfCodeKeepTheNamesOfSecrets(t *testing.T) {
	t.Parallel()
	s := scrub.New(nil)
	frame := map[string]any{"context_line": `password = read("4111111111111111")`, "vars": map[string]any{"password": "x"}}
	want := map[string]any{"context_line": `password = read("[Filtered]")`, "vars": map[string]any{"password": "[Filtered]"}}
	if diff := cmp.Diff(any(want), s.Code("frames", frame)); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkScrubOfAnEvent(b *testing.B) {
	content, err := os.ReadFile("testdata/event.json")
	if err != nil {
		b.Fatal(err)
	}
	var event map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(content)))
	decoder.UseNumber()
	if err := decoder.Decode(&event); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		scrub.New(nil).Object(event)
	}
}
