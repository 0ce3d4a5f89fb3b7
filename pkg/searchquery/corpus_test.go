package searchquery

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/pkg/searchquery/fields"
)

var update = flag.Bool("update", false, "rewrite the expectations of the corpus")

const corpusFile = "testdata/corpus.txt"

// visible are the marks that the corpus uses for characters which a line cannot show.
var (
	visible = strings.NewReplacer("␉", "\t", "␤", "\n", "␍", "\r", "␠", " ")
	shown   = strings.NewReplacer("\t", "␉", "\n", "␤", "\r", "␍")
)

// entry is a query of the corpus with what is written below it.
type entry struct {
	section string
	line    int
	query   string
	want    []string
}

func TestCorpus(t *testing.T) {
	entries, preamble := readCorpus(t)
	got := make([][]string, 0, len(entries))
	for _, e := range entries {
		lines := answer(tableOf(t, e.section), e)
		got = append(got, lines)
		if *update {
			continue
		}
		t.Run(fmt.Sprintf("line %d", e.line), func(t *testing.T) {
			if diff := cmp.Diff(e.want, lines); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", e.section, e.query, diff)
			}
			valid := strings.HasPrefix(e.section, "valid")
			if refused := strings.HasPrefix(lines[0], "column"); refused == valid {
				t.Errorf("%s stands under %q", e.query, e.section)
			}
		})
	}
	if *update {
		writeCorpus(t, preamble, entries, got)
	}
}

// answer is what the corpus should say below a query: the tree and, when it differs from the query, the printed text;
// or the error.
func answer(table *fields.Table, e entry) []string {
	n, err := Parse(visible.Replace(e.query), table)
	if err != nil {
		return []string{shown.Replace(err.Error())}
	}
	lines := []string{dump(n)}
	if text := shown.Replace(n.String()); text != e.query {
		lines = append(lines, "prints "+text)
	}
	return lines
}

func tableOf(t *testing.T, section string) *fields.Table {
	t.Helper()
	switch _, search, _ := strings.Cut(section, ", "); search {
	case "issues":
		return fields.Issues(fields.Choice{Name: "error", Number: 1}, fields.Choice{Name: "performance_slow_db_query", Number: 1001})
	case "spans":
		return fields.Spans()
	}
	t.Fatalf("section %q names no search", section)
	return nil
}

func readCorpus(t *testing.T) (entries []entry, preamble []string) {
	t.Helper()
	f, err := os.Open(corpusFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	section := ""
	lines := bufio.NewScanner(f)
	for number := 1; lines.Scan(); number++ {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "== "):
			section = strings.TrimPrefix(line, "== ")
		case section == "":
			preamble = append(preamble, line)
		case line == "":
		case strings.HasPrefix(line, "    "):
			last := &entries[len(entries)-1]
			last.want = append(last.want, strings.TrimPrefix(line, "    "))
		default:
			entries = append(entries, entry{section: section, line: number, query: line})
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return entries, preamble
}

func writeCorpus(t *testing.T, preamble []string, entries []entry, got [][]string) {
	t.Helper()
	var b strings.Builder
	for _, line := range preamble {
		b.WriteString(line + "\n")
	}
	section := ""
	for i, e := range entries {
		if e.section != section {
			if section != "" {
				b.WriteString("\n")
			}
			section = e.section
			b.WriteString("== " + section + "\n\n")
		}
		b.WriteString(e.query + "\n")
		for _, line := range got[i] {
			b.WriteString("    " + line + "\n")
		}
	}
	if err := os.WriteFile(corpusFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Every query of the corpus prints to a text with the same tree.
func TestPrintedTextParsesToTheSameTree(t *testing.T) {
	entries, _ := readCorpus(t)
	for _, e := range entries {
		table := tableOf(t, e.section)
		n, err := Parse(visible.Replace(e.query), table)
		if err != nil {
			continue
		}
		assertRoundTrip(t, n, table)
	}
}

func assertRoundTrip(t interface {
	Helper()
	Errorf(string, ...any)
}, n Node, table *fields.Table,
) {
	t.Helper()
	again, err := Parse(n.String(), table)
	if err != nil {
		t.Errorf("%s\nprints %q\nwhich is refused: %v", dump(n), n.String(), err)
		return
	}
	if diff := cmp.Diff(n, again, ignoreColumns); diff != "" {
		t.Errorf("%q parses to another tree (-printed +parsed):\n%s", n.String(), diff)
	}
}

var ignoreColumns = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Column" }, cmp.Ignore())

// dump writes a tree with the kinds of its values, which the printed query does not show.
func dump(n Node) string {
	below := func(word string, nodes []Node) string {
		parts := []string{word}
		for _, n := range nodes {
			parts = append(parts, dump(n))
		}
		return "(" + strings.Join(parts, " ") + ")"
	}
	switch n := n.(type) {
	case And:
		return below("and", n)
	case Or:
		return below("or", n)
	case Not:
		return below("not", []Node{n.Node})
	case *FreeText:
		return "text " + dumpValue(n.Value)
	case *Relative:
		return below(n.Relation, []Node{n.Node})
	case *Filter:
		key := n.Key
		if n.Tag {
			key = "tag " + key
		}
		return fmt.Sprintf("[%s %s %s]", key, n.Op, dumpValue(n.Value))
	}
	return fmt.Sprintf("%T", n)
}

func dumpValue(v Value) string {
	switch v := v.(type) {
	case String:
		return strconv.Quote(string(v))
	case Pattern:
		parts := make([]string, 0, 2)
		for _, s := range v.Segments() {
			parts = append(parts, strconv.Quote(s))
		}
		return "like " + strings.Join(parts, "*")
	case Number:
		units := map[fields.Kind]string{fields.Duration: "ms", fields.Size: "bytes"}
		return formatFloat(v.Value) + units[v.Kind]
	case Enum:
		return fmt.Sprintf("%s#%d", v.Name, v.Number)
	case Date:
		if v.To.IsZero() {
			return v.From.Format(time.RFC3339Nano)
		}
		return v.From.Format(time.RFC3339Nano) + " until " + v.To.Format(time.RFC3339Nano)
	case RelativeDate:
		return fmt.Sprintf("now - %d%c", v.Amount, v.Unit)
	case List:
		parts := make([]string, 0, len(v))
		for _, item := range v {
			parts = append(parts, dumpValue(item))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return fmt.Sprintf("%T", v)
}

func TestParseRefusesWithAnErrorThatTellsWhere(t *testing.T) {
	_, err := Parse("née is:unresovled", fields.Issues())
	var got *Error
	if !errors.As(err, &got) {
		t.Fatalf("got %v", err)
	}
	want := &Error{
		Column:     8,
		Message:    `unknown value for "is"`,
		Found:      "unresovled",
		Expected:   "one of " + strings.Join(fields.Issues().Flags(), ", "),
		Suggestion: "unresolved",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
