package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheRecipesOfTheReadmeRun runs the sh blocks of the README as one script, in the order of the page, against an
// installation of its own. After each recipe the page says, in comments, what its output holds.
func TestTheRecipesOfTheReadmeRun(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	tools, err := filepath.Abs(filepath.Join("..", "..", "bin"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(tools, "grpcurl")); err != nil {
		t.Fatalf("make bin/grpcurl: %v", err)
	}
	recipes := readRecipes(string(page))
	if len(recipes) < 10 {
		t.Fatalf("the README has %d recipes, want ten", len(recipes))
	}
	s := newStack(t, "")
	addrs := strings.NewReplacer(
		"localhost:50051", s.services["ingest"].addr, "localhost:50052", s.services["grouping"].addr,
		"localhost:50053", s.services["search"].addr, "localhost:4317", s.otlpAddr)

	const end = "--- end of recipe ---"
	script := "set -euo pipefail\n"
	for _, r := range recipes {
		script += addrs.Replace(r.untilAnswered()) + "\necho '" + end + "'\n"
	}
	bash := exec.CommandContext(t.Context(), "bash", "-c", script)
	bash.Env = append(os.Environ(), "PATH="+tools+":"+os.Getenv("PATH"))
	out, err := bash.CombinedOutput()
	if err != nil {
		t.Errorf("the recipes end with %v:\n%s", err, out)
	}
	outputs := strings.Split(string(out), end)
	for i, r := range recipes {
		if i >= len(outputs)-1 {
			break
		}
		for _, want := range r.wants {
			if !strings.Contains(outputs[i], want) {
				t.Errorf("%s\ndoes not answer %q but\n%s", r.script, want, outputs[i])
			}
		}
	}
}

type recipe struct {
	script string
	wants  []string
}

// aWait is a line that lets time pass, and the line after it.
var aWait = regexp.MustCompile(`(?m)^sleep .*\n(.*)$`)

// untilAnswered is the script, which asks again until the answer is there instead of waiting for as long as a reader does:
// this machine may be busy.
func (r recipe) untilAnswered() string {
	if len(r.wants) == 0 {
		return r.script
	}
	return aWait.ReplaceAllString(r.script, "until answer=$$($1) && [[ $$answer == *'"+r.wants[0]+"'* ]]; do sleep 0.1; done; echo \"$$answer\"")
}

func readRecipes(page string) []recipe {
	var recipes []recipe
	inScript := false
	for line := range strings.Lines(page) {
		want, isWant := strings.CutPrefix(strings.TrimSpace(line), "<!-- want: ")
		switch {
		case strings.TrimSpace(line) == "```sh":
			inScript = true
			recipes = append(recipes, recipe{})
		case strings.HasPrefix(line, "```"):
			inScript = false
		case inScript:
			recipes[len(recipes)-1].script += line
		case isWant:
			last := &recipes[len(recipes)-1]
			last.wants = append(last.wants, strings.TrimSuffix(want, " -->"))
		}
	}
	return recipes
}
