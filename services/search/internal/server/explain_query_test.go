package server_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

func TestAQueryIsExplainedAsItWasUnderstood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	resp, err := w.ExplainQuery(t.Context(), &searchv1.ExplainQueryRequest{Search: &searchv1.SearchIssuesRequest{
		OrganizationId: 1, Query: new("is:new   (browser:Chrome OR NOT (boom)) timesSeen:>1 timestamp:-2h"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	filter := func(f *searchv1.QueryFilter) *searchv1.QueryNode {
		return &searchv1.QueryNode{Node: &searchv1.QueryNode_Filter{Filter: f}}
	}
	diffProto(t, &searchv1.QueryNode{Node: &searchv1.QueryNode_And{And: &searchv1.QueryNodes{Nodes: []*searchv1.QueryNode{
		filter(&searchv1.QueryFilter{Key: "substatus", Op: "=", Text: "is:new", Column: 1, Subject: searchv1.QuerySubject_QUERY_SUBJECT_ISSUE}),
		{Node: &searchv1.QueryNode_Or{Or: &searchv1.QueryNodes{Nodes: []*searchv1.QueryNode{
			filter(&searchv1.QueryFilter{
				Key: "browser", Tag: true, Op: "=", Text: "browser:Chrome", Column: 11, Subject: searchv1.QuerySubject_QUERY_SUBJECT_EVENT,
			}),
			{Node: &searchv1.QueryNode_Not{Not: &searchv1.QueryNode{Node: &searchv1.QueryNode_FreeText{FreeText: "boom"}}}},
		}}}},
		filter(&searchv1.QueryFilter{Key: "times_seen", Op: ">", Text: "timesSeen:>1", Column: 41, Subject: searchv1.QuerySubject_QUERY_SUBJECT_AGGREGATE}),
		filter(&searchv1.QueryFilter{Key: "timestamp", Op: ">=", Text: "timestamp:-2h", Column: 54, Subject: searchv1.QuerySubject_QUERY_SUBJECT_EVENT}),
	}}}}, resp.GetTree())
	if got, want := resp.GetCanonicalQuery(), "is:new (browser:Chrome OR NOT (boom)) timesSeen:>1 timestamp:-2h"; got != want {
		t.Errorf("canonical query %s, want %s", got, want)
	}
	if got := resp.GetStartTime().AsTime(); !got.Equal(now.Add(-2 * time.Hour)) {
		t.Errorf("the window begins at %v", got)
	}
}

func TestASearchIsExplainedByItsStatements(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	for name, c := range map[string]struct {
		search     *searchv1.SearchIssuesRequest
		analyze    bool
		statements int
	}{
		"a walk and its count": {&searchv1.SearchIssuesRequest{OrganizationId: 1}, false, 2},
		"a page and its count": {&searchv1.SearchIssuesRequest{OrganizationId: 1, Query: new("is:new"), Sort: searchv1.IssueSort_ISSUE_SORT_FREQ}, false, 2},
		"a page that counts":   {&searchv1.SearchIssuesRequest{OrganizationId: 1, Query: new("customer:7"), Sort: searchv1.IssueSort_ISSUE_SORT_FREQ}, false, 1},
		"a page, measured":     {&searchv1.SearchIssuesRequest{OrganizationId: 1, Query: new("browser:Chrome"), Sort: searchv1.IssueSort_ISSUE_SORT_FREQ}, true, 2},
	} {
		resp, err := w.ExplainQuery(t.Context(), &searchv1.ExplainQueryRequest{Search: c.search, Analyze: c.analyze})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(resp.GetStatements()) != c.statements || resp.GetEstimatedCost() <= 0 || (resp.ActualMs != nil) != c.analyze {
			t.Errorf("%s: %v", name, resp)
		}
		for _, st := range resp.GetStatements() {
			if !strings.Contains(st.GetSql(), "SELECT") || !strings.Contains(st.GetPlan(), "cost=") || len(st.GetIndexes()) == 0 ||
				len(st.GetArguments()) == 0 || st.GetEstimatedCost() <= 0 || (st.ActualMs != nil) != c.analyze {
				t.Errorf("%s: %v", name, st)
			}
		}
	}
	for field, c := range map[string]struct {
		caller string
		search *searchv1.SearchIssuesRequest
	}{
		"search.query":          {"user:1", &searchv1.SearchIssuesRequest{Query: new("is:opne")}},
		"search.start_time":     {"user:1", &searchv1.SearchIssuesRequest{StartTime: ago(time.Hour), EndTime: ago(2 * time.Hour)}},
		"search.end_time":       {"user:1", &searchv1.SearchIssuesRequest{EndTime: &timestamppb.Timestamp{Seconds: 1 << 60}}},
		"search.page_token":     {"user:1", &searchv1.SearchIssuesRequest{PageToken: "x"}},
		"metadata picket-actor": {"nobody", &searchv1.SearchIssuesRequest{}},
	} {
		c.search.OrganizationId = 1
		_, err := w.ExplainQuery(as(t, c.caller), &searchv1.ExplainQueryRequest{Search: c.search})
		if got, _ := violation(err); status.Code(err) != codes.InvalidArgument || got != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
