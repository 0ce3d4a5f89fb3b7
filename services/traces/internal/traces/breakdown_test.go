package traces

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBreakdown(t *testing.T) {
	t.Parallel()
	type breakdownCase struct {
		Name     string                             `json:"name"`
		Range    struct{ Start, End, Slices int64 } `json:"range"`
		Segments []string                           `json:"segments"` // project sdk root|child start end, in milliseconds
		Want     []string                           `json:"want"`
	}
	for _, tc := range cases[breakdownCase](t, "breakdown.json") {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			var segments []Segment
			for _, line := range tc.Segments {
				segments = append(segments, readSegment(t, line))
			}
			got := []string{}
			for _, x := range Breakdown(segments, Range{tc.Range.Start, tc.Range.End, tc.Range.Slices}) {
				root := map[bool]string{true: "root", false: "child"}[x.IsRoot]
				got = append(got, fmt.Sprintf("%s %s %s time %d-%d slices %d-%d worked %d",
					x.ProjectSlug, x.SDKName, root, x.StartMS, x.EndMS, x.SliceStart, x.SliceEnd, x.DurationMS))
			}
			if diff := cmp.Diff(tc.Want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func readSegment(t *testing.T, line string) Segment {
	t.Helper()
	var s Segment
	var root string
	if _, err := fmt.Sscan(line, &s.ProjectSlug, &s.SDKName, &root, &s.StartNanos, &s.EndNanos); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	s.IsRoot = root == "root"
	s.StartNanos *= 1e6
	s.EndNanos *= 1e6
	return s
}

func TestNamingSegment(t *testing.T) {
	t.Parallel()
	root := Segment{Transaction: "root", IsRoot: true}
	otherRoot := Segment{Transaction: "other root", IsRoot: true}
	pageload := Segment{Transaction: "pageload", Op: "pageload"}
	child := Segment{Transaction: "child", Op: "http.server"}
	for name, tc := range map[string]struct {
		segments []Segment
		want     string
	}{
		"the root names a trace, wherever it is":      {[]Segment{child, pageload, root}, "root"},
		"of two roots the first names it":             {[]Segment{root, otherRoot}, "root"},
		"without a root the first page load names it": {[]Segment{child, pageload}, "pageload"},
		"else the first segment names it":             {[]Segment{child, {Transaction: "later"}}, "child"},
		"without segments it has no name":             {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := NamingSegment(tc.segments)
			if got.Transaction != tc.want || ok != (tc.want != "") {
				t.Errorf("got %q, %v, want %q", got.Transaction, ok, tc.want)
			}
		})
	}
}
