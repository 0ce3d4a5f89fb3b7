package server_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/search/internal/storetest"
)

func TestIssuesOfOneProjectAreMerged(t *testing.T) {
	t.Parallel()
	w := threeIssues(t)
	resp, err := w.MergeIssues(as(t, "user:5"), &searchv1.MergeIssuesRequest{OrganizationId: 1, IssueIds: []int64{2, 1}})
	if err != nil {
		t.Fatal(err)
	}
	diffProto(t, &searchv1.MergeIssuesResponse{IssueId: 1, MergedIssueIds: []int64{2}}, resp)
	if got, want := w.grouping.merged, "project 1 by [user:5]"; got != want {
		t.Errorf("merged in %s, want %s", got, want)
	}
	for name, c := range map[string]struct {
		ids  []int64
		want codes.Code
	}{
		"issues of two projects":           {[]int64{1, 3}, codes.InvalidArgument},
		"an issue of another organization": {[]int64{1, 90}, codes.NotFound},
		"one issue":                        {[]int64{1}, codes.InvalidArgument},
	} {
		_, err := w.MergeIssues(t.Context(), &searchv1.MergeIssuesRequest{OrganizationId: 1, IssueIds: c.ids})
		if status.Code(err) != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestHashesAreTakenOutOfAnIssue(t *testing.T) {
	t.Parallel()
	w := threeIssues(t)
	resp, err := w.UnmergeIssue(as(t, "user:5"), &searchv1.UnmergeIssueRequest{OrganizationId: 1, IssueId: 3, Hashes: []string{"ab"}})
	if err != nil || resp.GetIssueId() != 1003 {
		t.Fatalf("%v, %v", resp, err)
	}
	if got, want := w.grouping.merged, "[ab] of project 2 by [user:5]"; got != want {
		t.Errorf("took %s, want %s", got, want)
	}
	// What was merged leads to the issue that has its hashes.
	w.Group(t, storetest.Group{ID: 4, Status: issue.PendingMerge})
	w.Merged(t, 1, 4, 1)
	resp, err = w.UnmergeIssue(as(t, "user:5"), &searchv1.UnmergeIssueRequest{OrganizationId: 1, IssueId: 4, Hashes: []string{"cd"}})
	if err != nil || resp.GetIssueId() != 1001 || w.grouping.merged != "[cd] of project 1 by [user:5]" {
		t.Errorf("%v, %v, took %s", resp, err, w.grouping.merged)
	}
	_, err = w.UnmergeIssue(t.Context(), &searchv1.UnmergeIssueRequest{OrganizationId: 1, IssueId: 90, Hashes: []string{"ab"}})
	wantMissing(t, err, "issue", "90")
}

func TestHashesAreListedWithTheirLatestEvents(t *testing.T) {
	t.Parallel()
	w := threeIssues(t)
	for n, hash := range []string{"aa", "bb", "cc", "dd", "ee"} {
		w.Hash(t, 1, 1, hash)
		for hours := range n {
			w.Event(t, storetest.Event{Group: 1, Hash: hash, ID: fmt.Sprintf("%032d", n*10+hours), Ago: time.Duration(10-n+hours) * time.Hour})
		}
	}
	w.Hash(t, 1, 2, "ff")
	var got []string
	req := &searchv1.ListIssueHashesRequest{OrganizationId: 1, IssueId: 1, PageSize: 2}
	for {
		resp, err := w.ListIssueHashes(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range resp.GetHashes() {
			got = append(got, h.GetHash()+h.GetLatestEventId())
			if (h.GetLatestSeen() != nil) != (h.GetLatestEventId() != "") {
				t.Errorf("%v", h)
			}
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	want := []string{"ee" + fmt.Sprintf("%032d", 40), "dd" + fmt.Sprintf("%032d", 30), "cc" + fmt.Sprintf("%032d", 20), "bb" + fmt.Sprintf("%032d", 10), "aa"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	_, err := w.ListIssueHashes(t.Context(), &searchv1.ListIssueHashesRequest{OrganizationId: 1, IssueId: 90})
	wantMissing(t, err, "issue", "90")
}
