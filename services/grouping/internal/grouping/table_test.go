package grouping_test

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// walk compares the cells of a table after the first two, which say what was before and what happened, with what
// `after` makes of those.
func walk(t *testing.T, path string, after func(t *testing.T, before, asked string) []string) {
	t.Helper()
	for _, cells := range rowsOf(t, path) {
		compare(t, cells[0], cells[1], cells[2:], after)
	}
}

// walkRules walks a table whose first column says which rule of its head a row is of.
func walkRules(t *testing.T, path string, after func(t *testing.T, before, asked string) []string) {
	t.Helper()
	for _, cells := range rowsOf(t, path) {
		compare(t, cells[1], cells[2], cells[3:], after)
	}
}

func compare(t *testing.T, before, asked string, want []string, after func(t *testing.T, before, asked string) []string) {
	t.Helper()
	if got := after(t, before, asked); !cmp.Equal(want, got) {
		t.Errorf("%s | %s:\n%s", before, asked, cmp.Diff(want, got))
	}
}

func rowsOf(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var rows [][]string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	if len(rows) == 0 {
		t.Error("the table has no rows")
	}
	return rows
}

const (
	anyOf    = "any"
	asBefore = "as before"
)

// walkMatrix walks a table of rules that says of every pair of a group and a status asked for, just once, what becomes of
// it. `any` is each group that has no row of its own for the same status, or each substatus; commas stand between
// substatuses; `as before` is what the group had. Rows with further words are of no pair, and may come besides.
func walkMatrix(t *testing.T, path string, after func(t *testing.T, before, asked string) []string) {
	t.Helper()
	open := map[[2]string]bool{}
	for _, group := range allGroups {
		for status := range statuses {
			for substatus := range substatuses {
				open[[2]string{group, strings.TrimSpace(status + " " + substatus)}] = true
			}
		}
	}
	pairs, own := len(open), map[[2]string]bool{}
	rows := rowsOf(t, path)
	for _, cells := range rows {
		own[[2]string{cells[1], cells[2]}] = true
	}
	for _, cells := range rows {
		groups := []string{cells[1]}
		if cells[1] == anyOf {
			groups = allGroups
		}
		for _, asked := range statusesIn(cells[2]) {
			for _, group := range groups {
				key := [2]string{group, asked}
				if cells[1] == anyOf && own[key] {
					continue
				}
				if slices.Contains(allGroups, group) && !strings.ContainsAny(asked, "+") && !open[key] {
					t.Errorf("%s | %s: more than one row, or none of the pairs", group, asked)
				}
				delete(open, key)
				compare(t, group, asked, filled(cells[3:], group), after)
			}
		}
	}
	if len(open) > 0 {
		missing := slices.SortedFunc(maps.Keys(open), func(a, b [2]string) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		t.Errorf("of %d pairs %d have no row, the first is %s | %s", pairs, len(open), missing[0][0], missing[0][1])
	}
}

// statusesIn gives the statuses of a cell such as `ignored new, ongoing`.
func statusesIn(cell string) []string {
	status, rest, found := strings.Cut(cell, " ")
	if !found || strings.Contains(cell, "+") {
		return []string{cell}
	}
	var names []string
	for name := range strings.SplitSeq(rest, ", ") {
		if name != anyOf {
			names = append(names, status+" "+name)
			continue
		}
		for substatus := range substatuses {
			if substatus != "" {
				names = append(names, status+" "+substatus)
			}
		}
	}
	return names
}

func filled(cells []string, before string) []string {
	group := groupOf(before)
	want := slices.Clone(cells)
	for i := range want {
		switch {
		case want[i] != asBefore:
		case i == 1:
			want[i] = nameOf(group)
		default:
			want[i] = inboxOf(group)
		}
	}
	return want
}

// allGroups are all pairs of status and substatus that a group may have as long as it is to be found.
var allGroups = []string{
	"unresolved new", "unresolved ongoing", "unresolved escalating", "unresolved regressed", "resolved",
	"ignored until_escalating", "ignored until_condition_met", "ignored forever",
}
