package server_test

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/searchquery"
)

// A judge says whether a tree is true of an issue and one of its events, as plainly as it can.
type judge struct {
	environments []string
	issue        *oracleIssue
	event        *oracleEvent
}

func (j judge) holds(n searchquery.Node) bool {
	switch n := n.(type) {
	case searchquery.And:
		return !slices.ContainsFunc(n, func(n searchquery.Node) bool { return !j.holds(n) })
	case searchquery.Or:
		return slices.ContainsFunc(n, j.holds)
	case searchquery.Not:
		return !j.holds(n.Node)
	case *searchquery.FreeText:
		return j.says(n.Value)
	case *searchquery.Filter:
		return j.filter(n)
	}
	panic("another node")
}

func (j judge) filter(f *searchquery.Filter) bool {
	if f.Key == "environment" && !f.Tag && negativeOp(f.Op) && f.Value != searchquery.String("") && j.event.texts["environment"] == "" {
		return false
	}
	if (f.Key == "first_seen" || f.Key == "first_release") && !f.Tag && len(j.environments) > 0 {
		return j.first(f)
	}
	if slices.Contains(aboutHandling, f.Key) && typeOf(j.issue).Category == issue.CategoryPerformance {
		return false
	}
	switch f.Op {
	case searchquery.NotEqual, searchquery.NotIn:
		return !j.is(f, searchquery.Equal)
	case searchquery.In:
		return j.is(f, searchquery.Equal)
	}
	return j.is(f, f.Op)
}

func negativeOp(op searchquery.Op) bool { return op == searchquery.NotEqual || op == searchquery.NotIn }

// first asks whether one of the environments of the search has a row that the condition is true of.
func (j judge) first(f *searchquery.Filter) bool {
	op := f.Op
	if negativeOp(op) || op == searchquery.In {
		op = searchquery.Equal
	}
	found := false
	for _, name := range j.environments {
		first, ok := j.issue.environments[name]
		switch {
		case !ok:
		case f.Key == "first_seen":
			found = found || compareTime(first.seen, op, f.Value)
		default:
			found = found || releaseIs(j.issue.project, first.texts["release"], f.Value)
		}
	}
	return found != negativeOp(f.Op)
}

// is judges a condition whose negation was taken off.
func (j judge) is(f *searchquery.Filter, op searchquery.Op) bool {
	i, e := j.issue, j.event
	if f.Tag && f.Key != "sentry:dist" {
		return j.tag(f)
	}
	if is, ok := j.related(f, op); ok {
		return is
	}
	if text, ok := e.texts[f.Key]; ok && f.Key != "message" {
		return textIs(text, f.Value)
	}
	if holds, ok := j.further(f, op); ok {
		return holds
	}
	switch f.Key {
	case "message":
		return j.says(f.Value)
	case "user":
		return textIs(e.user(), f.Value)
	case "user.display":
		return textIs(cmp.Or(e.texts["user.email"], e.texts["user.username"], e.texts["user.id"], e.texts["user.ip"]), f.Value)
	case "id":
		return textIs(strings.ReplaceAll(e.id.String(), "-", ""), f.Value)
	case "trace":
		trace := ""
		if e.trace != nil {
			trace = strings.ReplaceAll(e.trace.String(), "-", "")
		}
		return textIs(trace, f.Value)
	case "date", "timestamp":
		return compareTime(e.seen, op, f.Value)
	case "error.received":
		return compareTime(e.received, op, f.Value)
	case "first_seen":
		return compareTime(i.firstSeen, op, f.Value)
	case "status":
		return enumIs(f.Value, func(v searchquery.Enum) bool { return v.Number == int(i.status) })
	case "substatus":
		return i.substatus == 0 && f.Value == searchquery.String("") ||
			enumIs(f.Value, func(v searchquery.Enum) bool { return v.Number == int(i.substatus) })
	case "issue.priority":
		return i.priority == 0 && f.Value == searchquery.String("") ||
			enumIs(f.Value, func(v searchquery.Enum) bool { return v.Number == int(i.priority) })
	case "issue.type":
		return enumIs(f.Value, func(v searchquery.Enum) bool { return v.Name == typeOf(i).Slug })
	case "issue.category":
		return enumIs(f.Value, func(v searchquery.Enum) bool { return v.Number == int(typeOf(i).Category) })
	case "unassigned":
		return enumIs(f.Value, func(v searchquery.Enum) bool { return (v.Number == 1) == (i.assignee == "") })
	case "for_review":
		return enumIs(f.Value, func(v searchquery.Enum) bool { return (v.Number == 1) == (i.inbox != nil) })
	case "issue":
		return textIs(fmt.Sprintf("%s-%s", projectSlugs[i.project], base32(i.id)), f.Value)
	case "issue.id":
		return numberIs(float64(i.id), op, f.Value)
	case "project.id":
		return numberIs(float64(i.project), op, f.Value)
	case "project":
		return textIs(projectSlugs[i.project], f.Value)
	}
	panic("another field: " + f.Key)
}

var projectSlugs = map[int64]string{1: "backend", 2: "web-shop", 3: "elsewhere"}

func base32(n int64) string {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	text := ""
	for ; n > 0; n /= 32 {
		text = digits[n%32:n%32+1] + text
	}
	return text
}

func typeOf(i *oracleIssue) issue.Type {
	t, _ := issue.TypeByID(i.kind)
	return t
}

func (j judge) tag(f *searchquery.Filter) bool {
	if !strings.HasPrefix(f.Name, "tags[") {
		switch f.Key {
		case "level":
			return textIs(j.event.level.String(), f.Value)
		case "platform":
			return textIs(j.event.texts["platform.name"], f.Value)
		}
	}
	return textIs(j.event.tags[f.Key], f.Value)
}

// says looks for a text in all that an event says.
func (j judge) says(value searchquery.Value) bool {
	if value == searchquery.String("") {
		return j.event.texts["message"] == ""
	}
	texts := []string{j.event.texts["message"], j.event.texts["title"]}
	if j.issue.kind != 1 {
		texts = append(texts, j.issue.message)
	}
	for _, item := range itemsOf(value) {
		pattern := expression(item)
		if slices.ContainsFunc(texts, regexp.MustCompile("(?is)"+pattern).MatchString) {
			return true
		}
	}
	return false
}

func expression(item searchquery.Value) string {
	switch v := item.(type) {
	case searchquery.String:
		return regexp.QuoteMeta(string(v))
	case searchquery.Pattern:
		parts := v.Segments()
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		return strings.Join(parts, ".*")
	}
	panic("neither text nor pattern")
}

func itemsOf(value searchquery.Value) []searchquery.Value {
	if list, ok := value.(searchquery.List); ok {
		return list
	}
	return []searchquery.Value{value}
}

func textIs(text string, value searchquery.Value) bool {
	return slices.ContainsFunc(itemsOf(value), func(item searchquery.Value) bool {
		if p, ok := item.(searchquery.Pattern); ok {
			return regexp.MustCompile("(?is)^" + expression(p) + "$").MatchString(text)
		}
		return item == searchquery.String(text)
	})
}

func enumIs(value searchquery.Value, is func(searchquery.Enum) bool) bool {
	return slices.ContainsFunc(itemsOf(value), func(item searchquery.Value) bool {
		v, ok := item.(searchquery.Enum)
		return ok && is(v)
	})
}

func numberIs(number float64, op searchquery.Op, value searchquery.Value) bool {
	return slices.ContainsFunc(itemsOf(value), func(item searchquery.Value) bool {
		v, ok := item.(searchquery.Number)
		return ok && ordered(cmp.Compare(number, v.Value), op)
	})
}

func ordered(order int, op searchquery.Op) bool {
	switch op {
	case searchquery.Less:
		return order < 0
	case searchquery.LessOrEqual:
		return order <= 0
	case searchquery.Greater:
		return order > 0
	case searchquery.GreaterOrEqual:
		return order >= 0
	}
	return order == 0
}

func compareTime(at time.Time, op searchquery.Op, value searchquery.Value) bool {
	switch v := value.(type) {
	case searchquery.RelativeDate:
		return ordered(at.Compare(v.At(now)), op)
	case searchquery.Date:
		if !v.To.IsZero() {
			return !at.Before(v.From) && at.Before(v.To)
		}
		return ordered(at.Compare(v.From), op)
	}
	return false // no value
}

// user is who an event happened to.
func (e *oracleEvent) user() string {
	for _, kind := range [][2]string{{"user.id", "id:"}, {"user.email", "email:"}, {"user.username", "username:"}, {"user.ip", "ip:"}} {
		if text := e.texts[kind[0]]; text != "" {
			return kind[1] + text
		}
	}
	return ""
}
