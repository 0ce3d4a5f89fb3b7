package store

import (
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/search/internal/search"
)

// commonFields are conditions that most issues of one value or the other satisfy, so that they are no place to begin.
var commonFields = map[string]bool{
	"status": true, "substatus": true, "issue.priority": true, "issue.category": true, "issue.type": true, "project": true, "project.id": true,
	"unassigned": true, "first_seen": true,
}

// broad reports whether little is asked of issues.
func (p parts) broad() bool {
	common := true
	searchquery.Walk(p.issues, func(n searchquery.Node) bool {
		if f, ok := n.(*searchquery.Filter); ok {
			common = common && commonFields[f.Key]
		}
		return common
	})
	return common
}

// scoresEventsFirst reports whether events of the window are added up by issue before any issue is looked at: what is asked
// of them can be told without their issues, of which little is asked.
func scoresEventsFirst(q search.Query) bool {
	aboutIssues := q.Sort == search.ByInbox || q.Sort == search.ByRecommended
	p := split(q.Tree)
	return !aboutIssues && p.broad() && aboutEvent(p.events)
}

// scoredFromEvents adds up the events that match, and gives what is asked of issues.
func (b *builder) scoredFromEvents(q search.Query, columns string, stacks fewStacks) (sql, asked string, err error) {
	p := split(q.Tree)
	if stacks.condition != nil {
		p.events = stacks.without(p.events)
		sql = columns + stacks.from(b) + b.within(q.Window)
	} else {
		sql = columns + "FROM events e WHERE e.project_id = ANY(" + b.arg(q.Scope.ProjectIDs()) + ") AND " + b.within(q.Window)
	}
	inEvent, err := b.all(p.events)
	if err != nil {
		return "", "", err
	}
	sql += inEvent + "\nGROUP BY e.project_id, e.group_id" + b.having(p.aggregates)
	conditions, err := b.all(p.issues)
	return sql, "\n  AND " + b.issuesFound(q) + conditions, err
}
