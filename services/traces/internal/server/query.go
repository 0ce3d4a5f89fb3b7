package server

import (
	"context"
	"fmt"
	"strings"
	"time"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/pkg/searchquery/fields"
	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

var spanFields = fields.Spans()

// queriesOf reads span queries. Blank ones and repeats of another one ask for nothing more.
func (s *Server) queriesOf(ctx context.Context, organizationID int64, texts []string, now time.Time) ([]block.Query, error) {
	var queries []block.Query
	seen := map[string]bool{}
	for i, text := range texts {
		text = strings.TrimSpace(text)
		if text == "" || seen[text] {
			continue
		}
		seen[text] = true
		query, err := s.queryOf(ctx, organizationID, text, fmt.Sprintf("queries[%d]", i), now)
		if err != nil {
			return nil, err
		}
		queries = append(queries, query)
	}
	return queries, nil
}

func (s *Server) queryOf(ctx context.Context, organizationID int64, text, field string, now time.Time) (block.Query, error) {
	tree, err := searchquery.Parse(text, spanFields)
	if err != nil {
		return block.Query{}, fault.InvalidField(field, "%v", err)
	}
	projects, err := s.projectsNamed(ctx, organizationID, tree, field)
	return block.Query{Tree: tree, Now: now, ProjectIDs: projects}, err
}

// metricOf reads a condition on a metric, nil when there is none. Its own query is about the same spans.
func (s *Server) metricOf(ctx context.Context, organizationID int64, condition *tracesv1.MetricCondition, now time.Time) (*block.Query, error) {
	if condition == nil {
		return nil, nil
	}
	mri, isMRI := traces.ParseMRI(traces.Clean(condition.GetMri()))
	metric, supported := traces.MetricOf(mri)
	if !isMRI || !supported {
		return nil, fault.InvalidField("metric.mri", "Unsupported MRI: %s", condition.GetMri())
	}
	query, err := s.queryOf(ctx, organizationID, condition.GetQuery(), "metric.query", now)
	query.Metric = &block.MetricCondition{Metric: metric, Op: condition.GetOp(), Min: condition.Min, Max: condition.Max}
	return &query, err
}

// projectsNamed resolves the slugs of a query. One that the organization does not have is more likely misspelt than
// meant to match nothing.
func (s *Server) projectsNamed(ctx context.Context, organizationID int64, tree searchquery.Node, field string) (map[string]int64, error) {
	var filters []*searchquery.Filter
	searchquery.Walk(tree, func(n searchquery.Node) bool {
		if f, ok := n.(*searchquery.Filter); ok && f.Key == "project" && !f.Tag {
			filters = append(filters, f)
		}
		return true
	})
	if len(filters) == 0 {
		return nil, nil
	}
	bySlug, err := s.listProjects(ctx, organizationID)
	if err != nil {
		return nil, err
	}
	for _, f := range filters {
		for _, slug := range slugs(f.Value) {
			if _, ok := bySlug[slug]; !ok && slug != "" {
				return nil, fault.InvalidField(field, "column %d: the organization has no project %q", f.Column, slug)
			}
		}
	}
	return bySlug, nil
}

func slugs(value searchquery.Value) []string {
	switch value := value.(type) {
	case searchquery.String:
		return []string{string(value)}
	case searchquery.List:
		var all []string
		for _, item := range value {
			all = append(all, slugs(item)...)
		}
		return all
	}
	return nil
}

func (s *Server) listProjects(ctx context.Context, organizationID int64) (map[string]int64, error) {
	bySlug := map[string]int64{}
	request := &groupingv1.ListProjectsRequest{OrganizationId: organizationID, PageSize: 1000}
	for {
		resp, err := s.projects.ListProjects(ctx, request)
		if err != nil {
			return nil, fault.TryLater(time.Second, err, "the directory of projects cannot be asked")
		}
		for _, project := range resp.GetProjects() {
			bySlug[project.GetSlug()] = project.GetId()
		}
		if resp.GetNextPageToken() == "" {
			return bySlug, nil
		}
		request.PageToken = resp.GetNextPageToken()
	}
}
