package server

import (
	"context"
	"slices"

	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/search/internal/search"
	"github.com/picket-io/picket/services/search/internal/store"
)

const defaultCountCap = 1000

// SearchIssues answers one page. A page after the first one repeats the first one's window, clock and count, which
// its token carries.
func (s *Server) SearchIssues(ctx context.Context, req *searchv1.SearchIssuesRequest) (*searchv1.SearchIssuesResponse, error) {
	binding, err := bind(ctx, req)
	if err != nil {
		return nil, err
	}
	pinned, from, err := s.position(req, binding)
	if err != nil {
		return nil, err
	}
	q, err := s.issueQuery(ctx, req, pinned)
	if err != nil {
		return nil, err
	}
	if from == nil {
		if hit, err := s.directHits(ctx, req, q); hit != nil || err != nil {
			return hit, err
		}
	}
	if len(q.Scope.Projects) == 0 || q.Window.Empty() {
		return &searchv1.SearchIssuesResponse{}, nil
	}
	page := s.pageOf(req, q, from)
	result, err := s.store.Find(ctx, q, page)
	if err != nil {
		return nil, err
	}
	if from == nil {
		pinned.KeepLatest(result.Latest)
	}
	if page.CountCap > 0 {
		pinned.Total, pinned.Capped = min(result.Count, page.CountCap), result.Count > page.CountCap
	}
	resp, err := respond(binding, q.Scope, pinned, from, result)
	if from == nil && len(result.Rows) == 0 && err == nil {
		resp.Hints = searchquery.Hints(q.Tree, issueTable())
	}
	return resp, err
}

// position reads the page token, or pins a search that begins now; from is nil on the first page.
func (s *Server) position(req *searchv1.SearchIssuesRequest, binding pagetoken.Binding) (pinned search.Position, from *search.Position, err error) {
	if req.GetPageToken() != "" {
		p, err := pagetoken.Decode[search.Position](binding, req.GetPageToken())
		return p, &p, err
	}
	now := s.now()
	w, err := s.window(req, now)
	return search.Pinned(w, now), nil, err
}

func (s *Server) issueQuery(ctx context.Context, req *searchv1.SearchIssuesRequest, pinned search.Position) (search.Query, error) {
	scope, err := s.scope(ctx, req.GetOrganizationId(), req.GetProjectIds(), req.GetEnvironments())
	if err != nil {
		return search.Query{}, err
	}
	tree, err := parse("query", orDefault(req.GetQuery(), req.Query != nil))
	if err != nil {
		return search.Query{}, err
	}
	scope.Latest = pinned.Latest
	return search.Query{
		Scope: scope, Tree: tree, Window: pinned.Window().Narrow(tree, pinned.Now()), Now: pinned.Now(), Sort: sorts[req.GetSort()],
	}, nil
}

// orDefault gives the default query where none is given.
func orDefault(query string, given bool) string {
	if !given {
		return search.DefaultQuery
	}
	return query
}

func (s *Server) pageOf(req *searchv1.SearchIssuesRequest, q search.Query, from *search.Position) store.Page {
	collapsed := func(part searchv1.IssuePart) bool { return slices.Contains(req.GetCollapse(), part) }
	expanded := func(part searchv1.IssuePart) bool { return slices.Contains(req.GetExpand(), part) && !collapsed(part) }
	page := store.Page{
		Size: pageSize(req.GetPageSize()), Latest: expanded(searchv1.IssuePart_ISSUE_PART_LATEST_EVENT),
		WithoutWindow: collapsed(searchv1.IssuePart_ISSUE_PART_WINDOW), WithoutMatching: collapsed(searchv1.IssuePart_ISSUE_PART_MATCHING),
	}
	if !expanded(searchv1.IssuePart_ISSUE_PART_MATCHING) {
		page.MatchingEvents = s.matchingEvents
	}
	if from != nil {
		page.From = &store.Cursor{Score: from.Score, ID: from.ID, Backward: from.Backward}
	} else if page.CountCap = int(req.GetTotalSizeCap()); page.CountCap == 0 {
		page.CountCap = defaultCountCap
	}
	if wanted := seriesOf[req.GetStatsPeriod()]; wanted != search.NoSeries {
		buckets := search.NewBuckets(wanted, q.Window, q.Now)
		page.Buckets = &buckets
	}
	return page
}

func respond(binding pagetoken.Binding, scope search.Scope, pinned search.Position, from *search.Position, result store.Result) (*searchv1.SearchIssuesResponse, error) {
	issues, err := rowsToProto(scope, result.Rows)
	if err != nil {
		return nil, err
	}
	resp := &searchv1.SearchIssuesResponse{Issues: issues, TotalSize: int32(pinned.Total), TotalSizeCapped: pinned.Capped}
	var first, last *search.Row
	if n := len(result.Rows); n > 0 {
		first, last = &result.Rows[0], &result.Rows[n-1]
	}
	next, previous := search.Neighbours(pinned, from, first, last, result.More)
	if resp.NextPageToken, err = token(binding, next); err != nil {
		return nil, err
	}
	resp.PreviousPageToken, err = token(binding, previous)
	return resp, err
}

func rowsToProto(scope search.Scope, rows []search.Row) ([]*issuesv1.Issue, error) {
	issues := make([]*issuesv1.Issue, 0, len(rows))
	for _, row := range rows {
		issue, err := rowToProto(scope, row)
		if err != nil {
			return nil, err
		}
		issues = append(issues, issue)
	}
	return issues, nil
}

func token(binding pagetoken.Binding, p *search.Position) (string, error) {
	if p == nil {
		return "", nil
	}
	return pagetoken.Encode(binding, *p)
}
