package grouping_test

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// walk compares the cells of a table after the first two, which say what was before and what happened, with what
// `after` makes of those.
func walk(t *testing.T, path string, after func(t *testing.T, before, asked string) []string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		rows++
		cells := strings.Split(line, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if got := after(t, cells[0], cells[1]); !cmp.Equal(cells[2:], got) {
			t.Errorf("%s | %s:\n%s", cells[0], cells[1], cmp.Diff(cells[2:], got))
		}
	}
	if rows == 0 {
		t.Error("the table has no rows")
	}
}
