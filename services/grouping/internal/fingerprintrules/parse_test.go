package fingerprintrules_test

import (
	"os"
	"strings"
	"testing"

	"github.com/picket-io/picket/services/grouping/internal/fingerprintrules"
)

func TestRulesAreReadAsTheFileSays(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/rules.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		text, want, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " => ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		if got := read(text); got != want {
			t.Errorf("%s\nis read as %s\nwant       %s", text, got, want)
		}
	}
}

func read(text string) string {
	rules, err := fingerprintrules.Parse(text)
	if err != nil {
		return err.Error()
	}
	got := strings.Join(rules[0].Fingerprint, "|")
	if rules[0].Title != "" {
		got += " title=" + rules[0].Title
	}
	return got
}

func TestErrorsNameTheLineOfTheWholeText(t *testing.T) {
	t.Parallel()
	_, err := fingerprintrules.Parse("# é\r\ntype:A -> a\r\n\ttype:\"é\" wh:a -> b")
	if err == nil || !strings.HasPrefix(err.Error(), "line 3, column 11: unknown matcher wh") {
		t.Errorf("got %v", err)
	}
}
