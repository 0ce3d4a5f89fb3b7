package hashing_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
	"github.com/picket-io/picket/services/grouping/internal/fingerprintrules"
	"github.com/picket-io/picket/services/grouping/internal/hashing"
	"github.com/picket-io/picket/services/grouping/internal/stackrules"
)

// hashCase is one case of a file in testdata/cases. What is wanted is a line for each hash, in order: its variant and,
// behind a colon, the values that are hashed, with bars between them; or behind an equals sign the hash itself.
type hashCase struct {
	Rule             string
	Platform         string
	Event            map[string]any
	Frame            map[string]any // in place of an event: its only frame
	Frames           string         // in place of an event: its frames, module:function, with :app for those of the application
	Fingerprint      []string
	Checksum         string
	Transaction      string
	Level            string
	Release          string
	SDK              string
	Tags             map[string]string
	FingerprintRules string `json:"fingerprint_rules"`
	StackRules       string `json:"stack_rules"`
	Algorithm        string // the first one when empty
	Want             []string
}

func (c hashCase) event() errorevent.Event {
	inputs := c.Event
	var frames []any
	for word := range strings.FieldsSeq(c.Frames) {
		parts := append(strings.Split(word, ":"), "")
		frames = append(frames, map[string]any{"module": parts[0], "function": parts[1], "in_app": parts[2] == "app"})
	}
	if c.Frame != nil {
		frames = []any{c.Frame}
	}
	if frames != nil {
		inputs = map[string]any{"stacktrace": map[string]any{"frames": frames}}
	}
	e := errorevent.Decode(inputs, c.Platform)
	e.Fingerprint, e.Checksum, e.Transaction, e.Level = c.Fingerprint, c.Checksum, c.Transaction, c.Level
	e.Release, e.SDK, e.Tags = c.Release, c.SDK, c.Tags
	return e
}

func TestHashesAreThoseOfTheFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/cases/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []hashCase
		if err := json.Unmarshal(content, &cases); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range cases {
			t.Run(filepath.Base(file)+"/"+c.Rule, func(t *testing.T) {
				t.Parallel()
				check(t, c)
			})
		}
	}
}

func check(t *testing.T, c hashCase) {
	fingerprint, err := fingerprintrules.Parse(c.FingerprintRules)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := stackrules.Parse(c.StackRules)
	if err != nil {
		t.Fatal(err)
	}
	event := c.event()
	algorithm, ok := hashing.AlgorithmNamed(c.Algorithm)
	if !ok {
		t.Fatal(c.Algorithm)
	}
	result := hashing.Compute(&event, hashing.NewRules(fingerprint, stack), algorithm)
	var got, hashes, wantHashes []string
	for _, hash := range result.Hashes {
		line := hash.Variant + ": " + strings.Join(hash.Values, "|")
		if hash.Variant == "checksum" && hash.Value == hash.Values[0] {
			line = "checksum= " + hash.Value
		}
		got, hashes = append(got, line), append(hashes, hash.Value)
	}
	if diff := cmp.Diff(c.Want, got); diff != "" {
		t.Fatal(diff)
	}
	for _, line := range c.Want {
		_, values, hashed := strings.Cut(line, ": ")
		if !hashed {
			_, values, _ = strings.Cut(line, "= ")
			wantHashes = append(wantHashes, values)
			continue
		}
		sum := md5.Sum([]byte(strings.ReplaceAll(values, "|", "")))
		wantHashes = append(wantHashes, hex.EncodeToString(sum[:]))
	}
	if diff := cmp.Diff(wantHashes, hashes); diff != "" {
		t.Error(diff)
	}
}
