package server

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/search/internal/search"
	"github.com/picket-io/picket/services/search/internal/store"
)

// ExplainQuery tells how the first page of a search is understood and read.
func (s *Server) ExplainQuery(ctx context.Context, req *searchv1.ExplainQueryRequest) (*searchv1.ExplainQueryResponse, error) {
	wanted := req.GetSearch()
	if wanted.GetPageToken() != "" {
		return nil, fault.InvalidField("search.page_token", "cannot be explained; expected the first page")
	}
	pinned, _, err := s.position(wanted, pagetoken.Bind(wanted))
	if err != nil {
		return nil, below("search", err)
	}
	q, err := s.issueQuery(ctx, wanted, pinned)
	if err != nil {
		return nil, below("search", err)
	}
	resp := &searchv1.ExplainQueryResponse{
		CanonicalQuery: q.Tree.String(), Tree: nodeToProto(q.Tree), Hints: searchquery.Hints(q.Tree, issueTable()),
		StartTime: timestamppb.New(q.Window.Start), EndTime: timestamppb.New(q.Window.End),
	}
	if len(q.Scope.Projects) == 0 || q.Window.Empty() {
		return resp, nil
	}
	explained, err := s.store.Explain(ctx, q, s.pageOf(wanted, q, nil), req.GetAnalyze())
	if err != nil {
		return nil, below("search", err)
	}
	for _, st := range explained {
		resp.Statements = append(resp.Statements, &searchv1.ExplainedStatement{
			Sql: st.SQL, Arguments: st.Arguments, Plan: st.Plan, Indexes: st.Indexes, EstimatedCost: st.Cost, ActualMs: st.Milliseconds,
		})
		resp.EstimatedCost += st.Cost
		if st.Milliseconds != nil {
			resp.ActualMs = new(resp.GetActualMs() + *st.Milliseconds)
		}
	}
	return resp, nil
}

var subjects = map[search.Subject]searchv1.QuerySubject{
	search.OfIssue:     searchv1.QuerySubject_QUERY_SUBJECT_ISSUE,
	search.OfEvent:     searchv1.QuerySubject_QUERY_SUBJECT_EVENT,
	search.OfAggregate: searchv1.QuerySubject_QUERY_SUBJECT_AGGREGATE,
}

func nodeToProto(n searchquery.Node) *searchv1.QueryNode {
	switch n := n.(type) {
	case searchquery.And:
		return &searchv1.QueryNode{Node: &searchv1.QueryNode_And{And: nodesToProto(n)}}
	case searchquery.Or:
		return &searchv1.QueryNode{Node: &searchv1.QueryNode_Or{Or: nodesToProto(n)}}
	case searchquery.Not:
		return &searchv1.QueryNode{Node: &searchv1.QueryNode_Not{Not: nodeToProto(n.Node)}}
	case *searchquery.Filter:
		return &searchv1.QueryNode{Node: &searchv1.QueryNode_Filter{Filter: &searchv1.QueryFilter{
			Key: n.Key, Tag: n.Tag, Op: string(n.Op), Text: n.String(), Column: int32(n.Column), Subject: subjects[store.SubjectOf(n)],
		}}}
	default:
		return &searchv1.QueryNode{Node: &searchv1.QueryNode_FreeText{FreeText: n.String()}}
	}
}

func nodesToProto[T ~[]searchquery.Node](nodes T) *searchv1.QueryNodes {
	converted := &searchv1.QueryNodes{}
	for _, n := range nodes {
		converted.Nodes = append(converted.Nodes, nodeToProto(n))
	}
	return converted
}
