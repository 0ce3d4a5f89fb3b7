package search_test

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/search/internal/search"
)

func TestVersionsOfQueriesAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]search.Version{
		"1.2.3":                  {Numbers: []int64{1, 2, 3}},
		"app@1.2.3.4-rc.1+7":     {Package: "app", Numbers: []int64{1, 2, 3, 4}, Prerelease: "rc.1"},
		"1.0b2":                  {Numbers: []int64{1, 0}, Prerelease: "b2"},
		"1.*":                    {Numbers: []int64{1}, Parts: true},
		"@scope/app@1.2.X":       {Package: "@scope/app", Numbers: []int64{1, 2}, Parts: true},
		"*":                      {Parts: true},
		"99999999999999999999.1": {Numbers: []int64{1<<63 - 1, 1}},
	} {
		if diff := gocmp.Diff(want, search.ReadVersion(searchquery.String(text))); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestAProjectFollowsSemverByItsNewestReleases(t *testing.T) {
	t.Parallel()
	for releases, want := range map[string]bool{
		"": false, "s": true, "-s": false, "--s": true, "---s": false, "s---------": false, "s------ss-": true, "---sssssss": false,
	} {
		newest := []bool{}
		for _, r := range releases {
			newest = append(newest, r == 's')
		}
		if got := search.FollowsSemver(newest); got != want {
			t.Errorf("%q: %v", releases, got)
		}
	}
}
