package store

import (
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/search/internal/search"
)

// commonFields are conditions that most issues of one value or the other satisfy, so that they are no place to begin.
var commonFields = map[string]bool{
	"status": true, "substatus": true, "issue.priority": true, "issue.category": true, "issue.type": true, "project": true, "project.id": true,
	"unassigned": true,
}

// scoresEventsFirst reports whether events of the window are added up by issue before any issue is looked at: nothing is
// asked of them, and little of issues.
func scoresEventsFirst(q search.Query) bool {
	p := split(q.Tree)
	common := true
	searchquery.Walk(p.issues, func(n searchquery.Node) bool {
		if f, ok := n.(*searchquery.Filter); ok {
			common = common && commonFields[f.Key]
		}
		return common
	})
	aboutIssues := q.Sort == search.ByInbox || q.Sort == search.ByRecommended
	return len(p.events) == 0 && common && !aboutIssues && q.Window.End.Sub(q.Window.Start) < wideWindow
}

// scoredFromEvents selects project, id and score of the issues that match.
func (b *builder) scoredFromEvents(q search.Query) (string, error) {
	p := split(q.Tree)
	sql := "SELECT g.project_id, g.id, m.score\nFROM (\n  SELECT e.project_id, e.group_id, " + b.score(q) + " AS score FROM events e" +
		"\n  WHERE e.project_id = ANY(" + b.arg(q.Scope.ProjectIDs()) + ") AND " + b.within(q.Window) +
		"\n  GROUP BY e.project_id, e.group_id" + b.having(p.aggregates)
	conditions, err := b.all(p.issues)
	return sql + "\n) m\nJOIN issues g ON g.project_id = m.project_id AND g.id = m.group_id\nWHERE " + b.issues(q) + conditions, err
}
