package server_test

import (
	"fmt"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/services/search/internal/storetest"
)

// threeIssues stores issues 1 and 2 of project 1 and issue 3 of project 2, each with an event.
func threeIssues(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	w.Project(t, 1, 2, "web-shop")
	w.Project(t, 9, 9, "foreign")
	for id, project := range map[int64]int64{1: 1, 2: 1, 3: 2, 90: 9} {
		w.Group(t, storetest.Group{Project: project, ID: id})
		w.Event(t, storetest.Event{Project: project, Group: id})
	}
	return w
}

func assign(by func(*searchv1.UpdateIssuesRequest)) *searchv1.UpdateIssuesRequest {
	req := &searchv1.UpdateIssuesRequest{
		OrganizationId: 1, Issue: &issuesv1.Issue{Assignee: "user:7"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"assignee"}},
	}
	by(req)
	return req
}

func assignIDs(ids ...int64) *searchv1.UpdateIssuesRequest {
	return assign(func(req *searchv1.UpdateIssuesRequest) {
		req.Selection = &searchv1.UpdateIssuesRequest_IssueIds{IssueIds: &searchv1.IssueIds{Ids: ids}}
	})
}

func assignQuery(query *searchv1.IssueQuery) *searchv1.UpdateIssuesRequest {
	return assign(func(req *searchv1.UpdateIssuesRequest) {
		req.Selection = &searchv1.UpdateIssuesRequest_IssueQuery{IssueQuery: query}
	})
}

// outcome is an answer in a line: each issue with its code.
func outcome(resp *searchv1.UpdateIssuesResponse) (line string) {
	for _, result := range resp.GetResults() {
		line += fmt.Sprintf("%d:%v ", result.GetIssueId(), codes.Code(result.GetError().GetCode()))
	}
	return line + fmt.Sprint(resp.GetAffectedCount())
}

func TestIssuesAreChangedByTheirIDs(t *testing.T) {
	t.Parallel()
	w := threeIssues(t)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "picket-actor", "user:5")
	resp, err := w.UpdateIssues(ctx, assignIDs(3, 90, 2, 1, 77))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outcome(resp), "3:OK 90:NotFound 2:FailedPrecondition 1:OK 77:NotFound 2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if diff := gocmp.Diff(map[int64]string{1: "user:7", 3: "user:7"}, w.grouping.assignees); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff([]string{"user:5"}, w.grouping.actor); diff != "" {
		t.Error(diff)
	}
}

func TestAQueryChangesWhatItsTokenCounted(t *testing.T) {
	t.Parallel()
	w := threeIssues(t)
	query := func(token string) *searchv1.IssueQuery {
		return &searchv1.IssueQuery{Query: new("is:unresolved"), Sort: "new", ProjectIds: []int64{1}, ValidationToken: token}
	}
	check := assignQuery(query(""))
	check.ValidateOnly = true
	counted, err := w.UpdateIssues(t.Context(), check)
	if err != nil || counted.GetAffectedCount() != 1 || len(counted.GetResults()) != 2 || len(w.grouping.assignees) != 0 {
		t.Fatalf("validate_only answers %v, %v", counted, err)
	}
	w.Group(t, storetest.Group{ID: 4}) // comes too late for the token
	w.Event(t, storetest.Event{Group: 4})
	if _, err := w.UpdateIssues(t.Context(), assignQuery(query(counted.GetValidationToken()))); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(map[int64]string{1: "user:7"}, w.grouping.assignees); diff != "" {
		t.Error(diff)
	}
	other := query(counted.GetValidationToken())
	other.Query = new("is:resolved")
	_, err = w.UpdateIssues(t.Context(), assignQuery(other))
	if field, _ := violation(err); status.Code(err) != codes.InvalidArgument || field != "issue_query.validation_token" {
		t.Errorf("a token of another query answers %v", err)
	}
}

func TestWhatIsAsWantedAlreadyIsNotAffected(t *testing.T) {
	t.Parallel()
	w := threeIssues(t)
	if _, err := w.UpdateIssues(t.Context(), assignIDs(1)); err != nil {
		t.Fatal(err)
	}
	resp, err := w.UpdateIssues(t.Context(), assignIDs(1, 2, 3))
	if err != nil || outcome(resp) != "1:OK 2:FailedPrecondition 3:OK 1" || !resp.GetResults()[0].GetUnchanged() || resp.GetResults()[2].GetUnchanged() {
		t.Errorf("answers %v, %v", resp, err)
	}
}

func TestAWrongChangeIsRefusedThoughNothingIsFound(t *testing.T) {
	t.Parallel()
	w := threeIssues(t)
	none := &searchv1.IssueQuery{Query: new("is:resolved"), Force: true}
	for name, req := range map[string]*searchv1.UpdateIssuesRequest{"a query": assignQuery(none), "ids": assignIDs(77)} {
		if resp, err := w.UpdateIssues(t.Context(), req); err != nil || resp.GetAffectedCount() != 0 {
			t.Errorf("%s: %v, %v", name, resp, err)
		}
		req.UpdateMask.Paths = []string{"title"}
		_, err := w.UpdateIssues(t.Context(), req)
		if field, _ := violation(err); status.Code(err) != codes.InvalidArgument || field != "update_mask" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoEmptyRequestChangesEverything(t *testing.T) {
	t.Parallel()
	w := threeIssues(t)
	nothing := assign(func(*searchv1.UpdateIssuesRequest) {})
	withEtag := assignQuery(&searchv1.IssueQuery{Force: true})
	withEtag.Etag = "1"
	for name, req := range map[string]*searchv1.UpdateIssuesRequest{
		"no selection":            nothing,
		"no ids":                  assignIDs(),
		"a query without a token": assignQuery(&searchv1.IssueQuery{}),
		"a query with an etag":    withEtag,
		"an unknown order":        assignQuery(&searchv1.IssueQuery{Force: true, Sort: "colour"}),
		"a query with an error":   assignQuery(&searchv1.IssueQuery{Force: true, Query: new("is:opne")}),
	} {
		if _, err := w.UpdateIssues(t.Context(), req); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(w.grouping.assignees) != 0 {
		t.Errorf("changed %v", w.grouping.assignees)
	}
	for name, c := range map[string]struct {
		query *string
		want  int32
	}{"the default query": {nil, 0}, "an empty query": {new(""), 2}} {
		resp, err := w.UpdateIssues(t.Context(), assignQuery(&searchv1.IssueQuery{Query: c.query, Force: true, Sort: "new"}))
		if err != nil || resp.GetAffectedCount() != c.want {
			t.Errorf("%s: %v, %v", name, resp, err)
		}
	}
}
