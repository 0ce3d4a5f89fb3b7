package store

import (
	"encoding/json"
	"strings"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/searchquery"
)

func (b *builder) freeText(n *searchquery.FreeText) string {
	return b.message(searchquery.Equal, n.Value)
}

// message finds a text, or one of several, anywhere in what an event says and in any case: its message and title, and
// where the issue is no error also the issue's message, which has what detectors say of it.
func (b *builder) message(op searchquery.Op, value searchquery.Value) string {
	if value == searchquery.String("") {
		return negate(op, "e.message = ''")
	}
	patterns := []string{}
	for _, item := range items(value) {
		switch v := item.(type) {
		case searchquery.String:
			patterns = append(patterns, "%"+likeEscapes.Replace(string(v))+"%")
		case searchquery.Pattern:
			patterns = append(patterns, "%"+like(v)+"%")
		}
	}
	within := " ILIKE ANY(" + b.arg(patterns) + "::text[])"
	return negate(op, "(e.message"+within+" OR e.title"+within+" OR "+ofNoError("o.message"+within)+")")
}

// ofNoError asks something of an event's issue where that is no error, of type 1. An index has those issues alone, so that a look
// for one costs little.
func ofNoError(condition string) string {
	return "EXISTS (SELECT FROM issues o WHERE o.project_id = e.project_id AND o.id = e.group_id AND o.type <> 1 AND " + condition + ")"
}

// environment differs from other texts: an event without one does not satisfy a negative condition.
func (b *builder) environment(f *searchquery.Filter) (string, error) {
	condition := b.text("e.environment", f)
	if negative(f.Op) && !absent(f) {
		condition = "(" + condition + " AND e.environment <> '')"
	}
	return condition, nil
}

func (b *builder) uuid(column string, f *searchquery.Filter) string {
	if absent(f) {
		return negate(f.Op, column+" IS NULL")
	}
	ids := []string{}
	for _, item := range items(f.Value) {
		if s, ok := item.(searchquery.String); ok && s != "" {
			ids = append(ids, string(s))
		}
	}
	return negate(f.Op, "("+column+" IS NOT NULL AND "+column+" = ANY("+b.arg(ids)+"::uuid[]))")
}

// tagColumns are tags that events keep in columns of their own; `tags[name]` asks for the tag all the same.
var tagColumns = map[string]string{"platform": "e.platform"}

func (b *builder) tag(f *searchquery.Filter) string {
	if !strings.HasPrefix(f.Name, "tags[") {
		if f.Key == "level" {
			return b.level(f)
		}
		if column, ok := tagColumns[f.Key]; ok {
			return b.text(column, f)
		}
	}
	if indexed := b.tagIndexed(f); indexed != "" {
		return negate(f.Op, indexed)
	}
	return b.text("coalesce(e.tags ->> "+b.arg(f.Key)+", '')", f)
}

// tagIndexed is a condition that the index of tags serves: one for each value, because it serves no = ANY. It is empty where
// the value is a pattern or may be absent.
func (b *builder) tagIndexed(f *searchquery.Filter) string {
	conditions := []string{}
	for _, item := range items(f.Value) {
		s, ok := item.(searchquery.String)
		if !ok || s == "" {
			return ""
		}
		conditions = append(conditions, "e.tags @> "+b.arg(tagObject(f.Key, string(s)))+"::jsonb")
	}
	if len(conditions) > 1 {
		return "(" + strings.Join(conditions, " OR ") + ")"
	}
	return strings.Join(conditions, "")
}

// tagObject is the form in which the index of tags finds a key with its value.
func tagObject(key, value string) string {
	object, err := json.Marshal(map[string]string{key: value})
	if err != nil { // strings always marshal
		return "{}"
	}
	return string(object)
}

// level compares by name with the levels that there are.
func (b *builder) level(f *searchquery.Filter) string {
	numbers := []int16{}
	for _, level := range levels {
		if levelMatches(level.String(), f.Value) {
			numbers = append(numbers, int16(level))
		}
	}
	return negate(f.Op, "e.level = ANY("+b.arg(numbers)+"::smallint[])")
}

var levels = []issue.Level{
	issue.NoLevel, issue.Sample, issue.Debug, issue.Info, issue.Warning, issue.ErrorLevel, issue.Fatal,
}

func levelMatches(name string, value searchquery.Value) bool {
	for _, item := range items(value) {
		switch v := item.(type) {
		case searchquery.String:
			if string(v) == name {
				return true
			}
		case searchquery.Pattern:
			if v.Match(name, true) {
				return true
			}
		}
	}
	return false
}
