package traces

import (
	"fmt"
	"strings"
	"testing"
)

func TestTree(t *testing.T) {
	t.Parallel()
	type treeCase struct {
		Name  string   `json:"name"`
		Spans []string `json:"spans"` // id parent|- start end
		Want  string   `json:"want"`
	}
	for _, tc := range cases[treeCase](t, "tree.json") {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			var spans []Span
			for _, line := range tc.Spans {
				var id, parent string
				var s Span
				if _, err := fmt.Sscan(line, &id, &parent, &s.StartNanos, &s.EndNanos); err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				s.SpanID[0] = id[0]
				if parent != "-" {
					s.ParentID[0] = parent[0]
				}
				spans = append(spans, s)
			}
			if got := render(Tree(spans), " | "); got != tc.Want {
				t.Errorf("got %s, want %s", got, tc.Want)
			}
		})
	}
}

func render(nodes []*Node, separator string) string {
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		parts[i] = string(n.Span.SpanID[:1])
		if len(n.Children) > 0 {
			parts[i] += "(" + render(n.Children, " ") + ")"
		}
	}
	return strings.Join(parts, separator)
}

func TestADeepBranchGoesOnAsAFurtherTop(t *testing.T) {
	t.Parallel()
	chain := func(ids string) []Span {
		var spans []Span
		for i := range ids {
			s := Span{SpanID: SpanID{ids[i]}, StartNanos: int64(i)}
			if i > 0 {
				s.ParentID = SpanID{ids[i-1]}
			}
			spans = append(spans, s)
		}
		return spans
	}
	if got, want := render(CutDepth(Tree(chain("abcdefgh")), 3), " | "), "a(b(c)) | d(e(f)) | g(h)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := render(CutDepth(Tree(chain("abc")), 3), " | "), "a(b(c))"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTenThousandSpansInOneChainAreOneTree(t *testing.T) {
	t.Parallel()
	spans := make([]Span, 10_000)
	for i := range spans {
		id := i + 1
		spans[i] = Span{SpanID: SpanID{byte(id >> 8), byte(id)}, StartNanos: int64(i)}
		if i > 0 {
			spans[i].ParentID = spans[i-1].SpanID
		}
	}
	tops := CutDepth(Tree(spans), 50)
	if len(tops) != 200 {
		t.Errorf("got %d tops, want 200 of 50 levels each", len(tops))
	}
}
