package issue_test

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/pkg/issue"
)

func TestTheRegistryIsSound(t *testing.T) {
	t.Parallel()
	categories := []issue.Category{
		issue.CategoryError, issue.CategoryPerformance, issue.CategoryCron, issue.CategoryReplay,
		issue.CategoryFeedback, issue.CategoryUptime, issue.CategoryMetricAlert,
	}
	slug := regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)
	var last int32
	for _, row := range issue.Types() {
		if row.ID <= last {
			t.Errorf("type %d comes after %d: ids ascend, each once", row.ID, last)
		}
		last = row.ID
		if !slices.Contains(categories, row.Category) {
			t.Errorf("type %d has category %d, which does not exist", row.ID, row.Category)
		}
		if !slug.MatchString(row.Slug) || row.Description == "" {
			t.Errorf("type %d is called %q, %q", row.ID, row.Slug, row.Description)
		}
		if !slices.Contains([]issue.Priority{issue.Low, issue.Medium, issue.High}, row.DefaultPriority) {
			t.Errorf("type %d has default priority %d", row.ID, row.DefaultPriority)
		}
		if q := row.CreationQuota; q.Limit <= 0 || q.Window != time.Hour || q.Granularity != time.Minute {
			t.Errorf("type %d has quota %v", row.ID, q)
		}
		if (row.Noise.Ignore > 0) != (row.Noise.Expiry > 0) {
			t.Errorf("type %d has noise limit %v", row.ID, row.Noise)
		}
		if found, ok := issue.TypeByID(row.ID); !ok || found != row {
			t.Errorf("type %d is found as %v, %v", row.ID, found, ok)
		}
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

func TestTypeByID(t *testing.T) {
	t.Parallel()
	quota := issue.Quota{Window: time.Hour, Granularity: time.Minute, Limit: 5}
	for id, want := range map[int32]issue.Type{
		1001: {
			ID: 1001, Slug: "performance_slow_db_query", Description: "Slow DB Query", Category: issue.CategoryPerformance,
			Noise: issue.NoiseLimit{Ignore: 100, Expiry: 24 * time.Hour}, DefaultPriority: issue.Low, CreationQuota: quota,
			Released: true, AutoResolve: true, EscalationDetection: true,
		},
		7001: {
			ID: 7001, Slug: "uptime_domain_failure", Description: "Uptime Domain Monitor Failure", Category: issue.CategoryUptime,
			DefaultPriority: issue.High, CreationQuota: issue.Quota{Window: time.Hour, Granularity: time.Minute, Limit: 1000},
		},
		-1: {}, 0: {}, 1002: {}, 9999: {},
	} {
		got, ok := issue.TypeByID(id)
		if diff := cmp.Diff(want, got); diff != "" || ok != (want.ID != 0) {
			t.Errorf("%d: %v\n%s", id, ok, diff)
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
