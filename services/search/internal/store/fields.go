package store

import (
	"fmt"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/pkg/searchquery/fields"
	"github.com/picket-io/picket/services/search/internal/search"
)

// userIdentity is the one value that says who an event's user is; users are counted by it.
const userIdentity = "e.user_key"

// textFields are fields of events that are kept as text.
var textFields = map[string]string{
	"title":         "e.title",
	"culprit":       "e.culprit",
	"transaction":   "e.transaction",
	"platform.name": "e.platform",
	"sentry:dist":   "e.dist",
	"sdk.name":      "e.sdk_name",
	"sdk.version":   "e.sdk_version",
	"trace.span":    "e.span_id",
	"user":          userIdentity,
	"user.id":       "e.user_id",
	"user.email":    "e.user_email",
	"user.username": "e.user_name",
	"user.ip":       "e.user_ip",
	"user.display":  "coalesce(nullif(e.user_email, ''), nullif(e.user_name, ''), nullif(e.user_id, ''), e.user_ip)",
}

// issueFields are fields of issues; the others ask their events.
var issueFields = map[string]func(*builder, *searchquery.Filter) (string, error){
	"status":      (*builder).status,
	"substatus":   (*builder).substatus,
	"unassigned":  (*builder).unassigned,
	"for_review":  (*builder).forReview,
	"linked":      (*builder).linked,
	"assigned_to": (*builder).assignedTo,

	"assigned_or_suggested": (*builder).assignedOrSuggested,
	"bookmarked_by":         (*builder).bookmarkedBy,
	"subscribed_by":         (*builder).subscribedBy,
	"regressed_in_release":  (*builder).regressedIn,

	"issue":          (*builder).shortID,
	"issue.id":       func(b *builder, f *searchquery.Filter) (string, error) { return b.id("g.id", f), nil },
	"issue.type":     (*builder).issueType,
	"issue.category": (*builder).issueCategory,
	"issue.priority": (*builder).priority,
	"first_seen":     (*builder).firstSeen,
	"first_release":  (*builder).firstRelease,
	"project":        (*builder).project,
	"project.id":     func(b *builder, f *searchquery.Filter) (string, error) { return b.id("g.project_id", f), nil },
}

// eventFields are fields of events that are more than a text.
var eventFields = map[string]func(*builder, *searchquery.Filter) (string, error){
	"message":         func(b *builder, f *searchquery.Filter) (string, error) { return b.message(f.Op, f.Value), nil },
	"environment":     (*builder).environment,
	"id":              func(b *builder, f *searchquery.Filter) (string, error) { return b.uuid("e.event_id", f), nil },
	"trace":           func(b *builder, f *searchquery.Filter) (string, error) { return b.uuid("e.trace_id", f), nil },
	"release.version": (*builder).releaseVersion,
	"release.package": (*builder).releasePackage,
	"release.build":   (*builder).releaseBuild,
	"release.stage":   (*builder).releaseStage,
	"date":            func(b *builder, f *searchquery.Filter) (string, error) { return b.date("e.seen_time", f), nil },
	"timestamp":       func(b *builder, f *searchquery.Filter) (string, error) { return b.date("e.seen_time", f), nil },
	"error.received":  func(b *builder, f *searchquery.Filter) (string, error) { return b.date("e.received_at", f), nil },
}

// filter compiles a condition on one field.
func (b *builder) filter(f *searchquery.Filter) (string, error) {
	if f.Tag && f.Key != "sentry:dist" {
		return b.tag(f), nil
	}
	if f.Key == "release" {
		return b.release("e.project_id", "e.release", f), nil
	}
	if expr, ok := textFields[f.Key]; ok {
		return b.text(expr, f), nil
	}
	if compile, ok := issueFields[f.Key]; ok {
		return compile(b, f)
	}
	if compile, ok := eventFields[f.Key]; ok {
		return compile(b, f)
	}
	if sql, ok := b.eventColumn(f); ok {
		return sql, nil
	}
	return "", unsupported(f, "the field "+f.Name)
}

// aboutIssue reports whether a part of the tree asks nothing of events.
func aboutIssue(n searchquery.Node) bool {
	only := true
	searchquery.Walk(n, func(n searchquery.Node) bool {
		switch n := n.(type) {
		case *searchquery.FreeText:
			only = false
		case *searchquery.Filter:
			_, ok := issueFields[n.Key]
			only = only && ok && !n.Tag
		}
		return only
	})
	return only
}

// aboutEvent reports whether a part of the tree asks nothing of issues.
func aboutEvent(n searchquery.Node) bool {
	only := true
	searchquery.Walk(n, func(n searchquery.Node) bool {
		if f, ok := n.(*searchquery.Filter); ok {
			_, of := issueFields[f.Key]
			only = only && (!of || f.Tag)
		}
		return only
	})
	return only
}

// SubjectOf says what a condition asks about.
func SubjectOf(f *searchquery.Filter) search.Subject {
	switch {
	case search.IsAggregate(f):
		return search.OfAggregate
	case aboutIssue(f):
		return search.OfIssue
	}
	return search.OfEvent
}

// unsupported refuses what the language knows and this version cannot answer; leaving the condition out would find
// more than was asked for.
func unsupported(f *searchquery.Filter, what string) error {
	description := fmt.Sprintf("column %d: searching by %s is not implemented in this version", f.Column, what)
	return &fault.Error{
		Kind: fault.Unimplemented, Reason: "FIELD_NOT_IMPLEMENTED", Message: "query: " + description,
		Violations: []fault.Violation{{Field: queryField, Description: description}},
	}
}

// queryField is the request field that violations of a query name; the server puts another in its place where the
// request has another.
const queryField = "query"

// invalid refuses a value that means nothing in the scope of the search, as the parser does. It may have been meant to be
// one of others.
func invalid(f *searchquery.Filter, found, expected string, others ...string) error {
	e := searchquery.Error{Column: f.Column, Message: "invalid value of " + f.Name, Found: found, Expected: expected}
	e.Suggestion = fields.Nearest(found, others)
	return fault.InvalidField(queryField, "%s", e.Error())
}
