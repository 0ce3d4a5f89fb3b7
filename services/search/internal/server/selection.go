package server

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/search/internal/search"
)

// maxChanged is how many issues one call changes.
const maxChanged = 1000

var sortNames = map[string]search.Sort{
	"": search.ByDate, "date": search.ByDate, "new": search.ByNew, "freq": search.ByFreq, "user": search.ByUser,
	"trends": search.ByTrends, "inbox": search.ByInbox, "recommended": search.ByRecommended,
}

// changeRequest is a request that changes issues, selected by their ids or by a query.
type changeRequest interface {
	proto.Message
	GetOrganizationId() int64
	GetIssueIds() *searchv1.IssueIds
	GetIssueQuery() *searchv1.IssueQuery
	GetValidateOnly() bool
}

// selection is the issues that a request selects.
type selection struct {
	scope   search.Scope
	wanted  []int64               // in the order of the answer
	found   map[int64]search.Name // those that exist
	binding pagetoken.Binding     // of the request whose set a token keeps
}

// selected finds the issues of a request. A query changes only what its caller has seen the size of: it needs the
// token of a validate_only call, which stands for exactly the set that was counted then, or force.
func (s *Server) selected(ctx context.Context, req changeRequest, binding pagetoken.Binding) (selection, error) {
	projects, err := s.store.Projects(ctx, req.GetOrganizationId())
	if err != nil {
		return selection{}, err
	}
	sel := selection{scope: search.Scope{Projects: projects}, found: map[int64]search.Name{}, binding: binding}
	query := req.GetIssueQuery()
	switch {
	case query == nil:
		sel.wanted = req.GetIssueIds().GetIds()
	case query.GetValidationToken() != "":
		if sel.wanted, err = pagetoken.Decode[[]int64](binding, query.GetValidationToken()); err != nil {
			return sel, atField("issue_query.validation_token", err)
		}
	case !query.GetForce() && !req.GetValidateOnly():
		return sel, fault.InvalidField("issue_query", "needs the validation_token of a validate_only call, or force")
	default:
		return sel, s.search(ctx, req, &sel)
	}
	names, err := s.store.Named(ctx, sel.scope.ProjectIDs(), sel.wanted)
	for _, name := range names {
		sel.found[name.ID] = name
	}
	return sel, err
}

func (s *Server) search(ctx context.Context, req changeRequest, sel *selection) error {
	query, now := req.GetIssueQuery(), s.now()
	scope, err := s.scope(ctx, req.GetOrganizationId(), query.GetProjectIds(), query.GetEnvironments())
	if err != nil {
		return err
	}
	tree, err := parse("issue_query.query", orDefault(query.GetQuery(), query.Query != nil))
	if err != nil {
		return err
	}
	order, ok := sortNames[query.GetSort()]
	if !ok {
		return fault.InvalidField("issue_query.sort", "%q is not an order; expected date, new, freq, user, trends, inbox or recommended", query.GetSort())
	}
	window := search.Pinned(search.NewWindow(noTime, noTime, now, s.retention), now).Window().Narrow(tree, now)
	if len(scope.Projects) == 0 || window.Empty() {
		return nil
	}
	q := search.Query{Scope: scope, Tree: tree, Window: window, Now: now, Sort: order}
	names, err := s.store.Select(ctx, q, maxChanged)
	for _, name := range names {
		sel.wanted = append(sel.wanted, name.ID)
		sel.found[name.ID] = name
	}
	return atField("issue_query.query", err)
}

// byProject gives the issues that exist, project by project.
func (sel selection) byProject() (projects []int64, ids map[int64][]int64) {
	ids = map[int64][]int64{}
	for _, id := range sel.wanted {
		if name, ok := sel.found[id]; ok {
			if !slices.Contains(projects, name.ProjectID) {
				projects = append(projects, name.ProjectID)
			}
			ids[name.ProjectID] = append(ids[name.ProjectID], id)
		}
	}
	return projects, ids
}

// token stands for the set of a validate_only call by query; there is none for ids.
func (sel selection) token(req changeRequest) (string, error) {
	if !req.GetValidateOnly() || req.GetIssueQuery() == nil {
		return "", nil
	}
	return pagetoken.Encode(sel.binding, sel.wanted)
}
