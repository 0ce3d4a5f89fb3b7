package issue_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/pkg/issue"
)

func TestTheRegistryIsSound(t *testing.T) {
	t.Parallel()
	slug := regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)
	var last int32
	for _, row := range issue.Types() {
		if row.ID <= last {
			t.Errorf("type %d comes after %d: ids ascend, each once", row.ID, last)
		}
		last = row.ID
		if categories[row.Category] == "" {
			t.Errorf("type %d has category %d, which does not exist", row.ID, row.Category)
		}
		if !slug.MatchString(row.Slug) || row.Description == "" {
			t.Errorf("type %d is called %q, %q", row.ID, row.Slug, row.Description)
		}
		if found, ok := issue.TypeByID(row.ID); !ok || found != row {
			t.Errorf("type %d is found as %v, %v", row.ID, found, ok)
		}
	}
}

var categories = map[issue.Category]string{
	issue.CategoryError: "error", issue.CategoryPerformance: "performance", issue.CategoryCron: "cron", issue.CategoryReplay: "replay",
	issue.CategoryFeedback: "feedback", issue.CategoryUptime: "uptime", issue.CategoryMetricAlert: "metric alert",
}

// TestTypes compares the registry with testdata/types.txt, line by line.
func TestTypes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/types.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want, got [][]string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		want = append(want, cells)
	}
	for _, row := range issue.Types() {
		got = append(got, described(row))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func described(row issue.Type) []string {
	held := ""
	if row.Noise != (issue.NoiseLimit{}) {
		held = fmt.Sprintf("%d in %vh", row.Noise.Ignore, row.Noise.Expiry.Hours())
	}
	quota := row.CreationQuota
	yes := map[bool]string{true: "yes", false: "no"}
	return []string{
		fmt.Sprint(row.ID), row.Slug, row.Description, categories[row.Category], held,
		map[issue.Priority]string{issue.Low: "low", issue.Medium: "medium", issue.High: "high"}[row.DefaultPriority],
		fmt.Sprintf("%d in %vh by %vm", quota.Limit, quota.Window.Hours(), quota.Granularity.Minutes()),
		yes[row.Released], yes[row.AutoResolve], yes[row.EscalationDetection],
	}
}

func TestTypesOfOneSlugAreOfOneCategoryAndQuota(t *testing.T) {
	t.Parallel()
	bySlug := map[string]issue.Type{} // they share a quota
	for _, row := range issue.Types() {
		other, ok := bySlug[row.Slug]
		if ok && (other.Category != row.Category || other.CreationQuota != row.CreationQuota) {
			t.Errorf("%d and %d are both %s", row.ID, other.ID, row.Slug)
		}
		bySlug[row.Slug] = row
	}
}

func TestUnknownTypesAreNotFound(t *testing.T) {
	t.Parallel()
	for _, id := range []int32{-1, 0, 2, 1002, 9999} {
		if got, ok := issue.TypeByID(id); ok || got != (issue.Type{}) {
			t.Errorf("%d is %v", id, got)
		}
	}
}

func TestTypesAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	issue.Types()[0].Slug = "changed"
	if got := issue.Types()[0].Slug; got != "error" {
		t.Errorf("the registry says %q", got)
	}
}

func TestLevelsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, level := range map[string]issue.Level{
		"sample": issue.Sample, "debug": issue.Debug, "info": issue.Info, "warning": issue.Warning,
		"error": issue.ErrorLevel, "fatal": issue.Fatal,
	} {
		if got := issue.ParseLevel(text); got != level || level.String() != text {
			t.Errorf("%q is %d, which is %q", text, got, level.String())
		}
	}
	for _, text := range []string{"", "ERROR", "warn", "critical"} {
		if got := issue.ParseLevel(text); got != issue.NoLevel || got.String() != "" {
			t.Errorf("%q is %d", text, got)
		}
	}
	if text := issue.Level(15).String(); text != "" {
		t.Errorf("15 is %q", text)
	}
}
