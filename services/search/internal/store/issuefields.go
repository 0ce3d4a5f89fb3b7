package store

import (
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/pkg/shortid"
)

func own(e searchquery.Enum) []int32 { return []int32{int32(e.Number)} }

func (b *builder) status(f *searchquery.Filter) (string, error) {
	if absent(f) {
		return negate(f.Op, "FALSE"), nil
	}
	return b.numbers("g.status", f, own), nil
}

func (b *builder) substatus(f *searchquery.Filter) (string, error) {
	if absent(f) {
		return negate(f.Op, "g.substatus = 0"), nil
	}
	return b.numbers("g.substatus", f, own), nil
}

func (b *builder) priority(f *searchquery.Filter) (string, error) {
	if absent(f) {
		return negate(f.Op, "g.priority = 0"), nil
	}
	return b.numbers("g.priority", f, own), nil
}

func (b *builder) issueType(f *searchquery.Filter) (string, error) {
	if absent(f) {
		return negate(f.Op, "FALSE"), nil
	}
	return b.numbers("g.type", f, func(e searchquery.Enum) []int32 {
		return typesWhere(func(t issue.Type) bool { return t.Slug == e.Name })
	}), nil
}

func (b *builder) issueCategory(f *searchquery.Filter) (string, error) {
	if absent(f) {
		return negate(f.Op, "FALSE"), nil
	}
	return b.numbers("g.type", f, func(e searchquery.Enum) []int32 {
		return typesWhere(func(t issue.Type) bool { return int(t.Category) == e.Number })
	}), nil
}

func typesWhere(holds func(issue.Type) bool) []int32 {
	ids := []int32{}
	for _, t := range issue.Types() {
		if holds(t) {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// answer compiles a question of `is:`, whose number is 1 for yes and 0 for no.
func answer(f *searchquery.Filter, holds string) string {
	if e, ok := f.Value.(searchquery.Enum); ok && e.Number == 0 {
		holds = "NOT (" + holds + ")"
	}
	return negate(f.Op, holds)
}

func (b *builder) unassigned(f *searchquery.Filter) (string, error) {
	return answer(f, "g.assignee = ''"), nil
}

func (b *builder) forReview(f *searchquery.Filter) (string, error) {
	return answer(f, "g.inbox_reason IS NOT NULL"), nil
}

// shortID compares (project, number) pairs. No issue is without a short id.
func (b *builder) shortID(f *searchquery.Filter) (string, error) {
	var projects, numbers []int64
	for _, item := range items(f.Value) {
		s, _ := item.(searchquery.String)
		if s == "" || s == "unknown" {
			continue
		}
		slug, number, ok := shortid.Parse(string(s))
		if !ok {
			return "", invalid(f, string(s), "short ids such as BACKEND-2F")
		}
		for _, p := range b.scope.Projects {
			if p.Slug == slug {
				projects, numbers = append(projects, p.ID), append(numbers, number)
			}
		}
	}
	return negate(f.Op, "(g.project_id, g.short_id) IN (SELECT project_id, short_id FROM unnest("+
		b.arg(projects)+"::bigint[], "+b.arg(numbers)+"::bigint[]) AS named (project_id, short_id))"), nil
}

func (b *builder) project(f *searchquery.Filter) (string, error) {
	if absent(f) {
		return negate(f.Op, "FALSE"), nil
	}
	ids := []int64{}
	for _, item := range items(f.Value) {
		s, _ := item.(searchquery.String)
		known, slugs := false, []string{}
		for _, p := range b.scope.Projects {
			slugs = append(slugs, p.Slug)
			if p.Slug == string(s) {
				ids, known = append(ids, p.ID), true
			}
		}
		if !known && !negative(f.Op) {
			return "", invalid(f, string(s), "the slug of one of the projects that are searched", slugs...)
		}
	}
	return negate(f.Op, "g.project_id = ANY("+b.arg(ids)+"::bigint[])"), nil
}

// firstSeen and firstRelease are those in the environments of the search where it names some.

func (b *builder) firstSeen(f *searchquery.Filter) (string, error) {
	if len(b.scope.Environments) == 0 {
		return b.date("g.first_seen", f), nil
	}
	return b.inEnvironments(f, func(positive *searchquery.Filter) string { return b.date("i.first_seen", positive) }), nil
}

func (b *builder) firstRelease(f *searchquery.Filter) (string, error) {
	if len(b.scope.Environments) == 0 {
		return b.release("g.project_id", "g.first_release", f), nil
	}
	return b.inEnvironments(f, func(positive *searchquery.Filter) string {
		return b.release("i.project_id", "i.first_release", positive)
	}), nil
}

var positives = map[searchquery.Op]searchquery.Op{
	searchquery.NotEqual: searchquery.Equal, searchquery.NotIn: searchquery.In,
}

// inEnvironments holds when one of the environments satisfies the condition; its negation when none does.
func (b *builder) inEnvironments(f *searchquery.Filter, condition func(positive *searchquery.Filter) string) string {
	positive := *f
	positive.Op = positiveOp(f.Op)
	return negate(f.Op, "EXISTS (SELECT FROM issue_environments i WHERE i.project_id = g.project_id AND i.group_id = g.id"+
		" AND i.environment = ANY("+b.arg(b.scope.Environments)+") AND "+condition(&positive)+")")
}
