package stackrules_test

import (
	"os"
	"strings"
	"testing"

	"github.com/picket-io/picket/services/grouping/internal/stackrules"
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
	rules, err := stackrules.Parse(text)
	if err != nil {
		return err.Error()
	}
	var actions []string
	for _, a := range rules[0].Actions {
		action := a.Key
		switch {
		case a.Value != "":
			action += "=" + a.Value
		case a.On:
			action = "+" + action
		default:
			action = "-" + action
		}
		if a.Range != 0 {
			action = string(a.Range) + action
		}
		actions = append(actions, action)
	}
	return strings.Join(actions, " ")
}

func TestTheBuiltInRulesAreThere(t *testing.T) {
	t.Parallel()
	if n := len(stackrules.Builtin()); n < 100 {
		t.Errorf("there are %d", n)
	}
}
