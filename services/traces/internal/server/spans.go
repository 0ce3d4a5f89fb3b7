package server

import (
	"context"
	"strings"
	"time"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/store"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

const (
	defaultSpans    = 100
	maxSpansOfAPage = 1000
)

// listPosition is where a page of spans ended, and what its first page took for now.
type listPosition struct {
	Now   time.Time `json:"now"`
	After []string  `json:"after"`
}

func (s *Server) ListSpans(ctx context.Context, req *tracesv1.ListSpansRequest) (*tracesv1.ListSpansResponse, error) {
	binding := pagetoken.Bind(req)
	position := listPosition{Now: s.now()}
	var err error
	if req.GetPageToken() != "" {
		if position, err = pagetoken.Decode[listPosition](binding, req.GetPageToken()); err != nil {
			return nil, err
		}
	}
	list, err := s.listOf(ctx, req, position)
	if err != nil {
		return nil, err
	}
	size := pageSize(req.GetPageSize(), defaultSpans, maxSpansOfAPage)
	list.Limit = size + 1
	listed, err := s.store.ListSpans(ctx, list)
	if err != nil {
		return nil, err
	}
	resp := &tracesv1.ListSpansResponse{}
	if len(listed) > size {
		listed = listed[:size]
		position.After = listed[size-1].Position
		if resp.NextPageToken, err = pagetoken.Encode(binding, position); err != nil {
			return nil, err
		}
	}
	for i := range listed {
		span := spanToProto(&listed[i].Span)
		if len(req.GetFields()) > 0 {
			if span, err = s.spanOfFields(ctx, req.GetFields(), &listed[i]); err != nil {
				return nil, err
			}
		}
		resp.Spans = append(resp.Spans, span)
	}
	return resp, nil
}

// spanOfFields has the fields that were asked for. The store knows projects by their ids.
func (s *Server) spanOfFields(ctx context.Context, fields []string, listed *store.Listed) (*tracesv1.Span, error) {
	values := make(traces.Attributes, len(fields))
	for i, name := range fields {
		values[name] = listed.Fields[i]
		if fieldOf(name) == (block.Field{Key: "project"}) {
			project, err := s.directory.Project(ctx, listed.ProjectID)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return nil, err
			}
			values[name] = project.Slug
		}
	}
	return &tracesv1.Span{
		ProjectId: listed.ProjectID, TraceId: listed.TraceID.String(), SpanId: listed.SpanID.String(), Fields: structOf(values),
	}, nil
}

func (s *Server) listOf(ctx context.Context, req *tracesv1.ListSpansRequest, position listPosition) (store.List, error) {
	list := store.List{After: position.After}
	var ok bool
	if list.TraceID, ok = traces.ParseTraceID(req.GetTraceId()); !ok {
		return list, fault.InvalidField("trace_id", "is not a trace id")
	}
	var err error
	if list.Scope, err = s.scopeOf(req.GetScope(), position.Now); err != nil {
		return list, err
	}
	for _, name := range req.GetFields() {
		list.Fields = append(list.Fields, fieldOf(name))
	}
	if list.Queries, err = s.queriesOf(ctx, list.Scope.OrganizationID, req.GetQueries(), position.Now); err != nil {
		return list, err
	}
	metric, err := s.metricOf(ctx, list.Scope.OrganizationID, req.GetMetric(), position.Now)
	if err != nil {
		return list, err
	}
	if metric != nil { // the samples are listed, whatever else is asked
		list.Queries = []block.Query{*metric}
	}
	list.Sort, err = sortOf(req.GetSort())
	return list, err
}

func sortOf(fields []string) ([]store.SortKey, error) {
	var keys []store.SortKey
	for _, field := range fields {
		name, descending := strings.CutPrefix(field, "-")
		key := store.SortKey{Field: name, Descending: descending}
		if known, ok := spanFields.Lookup(name); ok {
			key.Field = known.Name
		}
		if !store.IsSortable(key.Field) {
			return nil, fault.InvalidField("sort", "spans cannot be sorted by %q; they can by %s", field, strings.Join(store.Sortable(), ", "))
		}
		keys = append(keys, key)
	}
	return keys, nil
}
