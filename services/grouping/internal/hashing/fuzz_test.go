package hashing_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
	"github.com/picket-io/picket/services/grouping/internal/fingerprintrules"
	"github.com/picket-io/picket/services/grouping/internal/hashing"
	"github.com/picket-io/picket/services/grouping/internal/stackrules"
)

// FuzzCompute: every event has a hash, the same one each time, and every hash is that of its values.
func FuzzCompute(f *testing.F) {
	files, _ := filepath.Glob("testdata/cases/*.json")
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var cases []struct {
			Platform         string
			Event            json.RawMessage
			FingerprintRules string `json:"fingerprint_rules"`
			StackRules       string `json:"stack_rules"`
		}
		if err := json.Unmarshal(content, &cases); err != nil {
			f.Fatal(err)
		}
		for _, c := range cases {
			f.Add(c.Platform, string(c.Event), c.FingerprintRules, c.StackRules)
		}
	}
	f.Fuzz(func(t *testing.T, platform, inputs, fingerprintText, stackText string) {
		fingerprint, _ := fingerprintrules.Parse(fingerprintText)
		stack, _ := stackrules.Parse(stackText)
		rules := hashing.NewRules(fingerprint, stack)
		compute := func(by hashing.Algorithm) (hashing.Result, hashing.Description) {
			var decoded map[string]any
			_ = json.Unmarshal([]byte(inputs), &decoded)
			event := errorevent.Decode(decoded, platform)
			result := hashing.Compute(&event, rules, by)
			return result, hashing.Describe(&event, result.Title)
		}
		for _, by := range hashing.Algorithms() {
			result, description := compute(by)
			again, _ := compute(by)
			if len(result.Hashes) == 0 || cmp.Diff(result.Hashes, again.Hashes) != "" {
				t.Errorf("hashes %v, then %v", result.Hashes, again.Hashes)
			}
			if description.Title == "" || utf8.RuneCountInString(description.Culprit) > 200 {
				t.Errorf("described as %+v", description)
			}
		}
	})
}
