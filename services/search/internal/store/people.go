package store

import (
	"regexp"
	"strings"

	"github.com/picket-io/picket/pkg/searchquery"
)

var actorName = regexp.MustCompile(`^(user|team):\S+$`)

// people is an array of those whom the values of a condition name, as `user:ID` or `team:ID`; names that nobody has name
// nobody. nobody says that `none`, or no value, is among the values.
func (b *builder) people(f *searchquery.Filter) (array string, nobody bool, err error) {
	var known, slugs, names []string
	teamsOfCaller := false
	for _, item := range items(f.Value) {
		s, _ := item.(searchquery.String)
		switch name := string(s); {
		case name == "" || name == "none":
			nobody = true
		case name == "me" || name == "my_teams":
			if !strings.HasPrefix(b.scope.Caller, "user:") {
				return "", false, invalid(f, name, "the caller to be named by metadata picket-actor, as user:ID")
			}
			if teamsOfCaller = teamsOfCaller || name == "my_teams"; name == "me" {
				known = append(known, b.scope.Caller)
			}
		case actorName.MatchString(name):
			known = append(known, name)
		case strings.HasPrefix(name, "#"):
			slugs = append(slugs, strings.ToLower(name[1:]))
		default:
			names = append(names, strings.ToLower(name))
		}
	}
	array = "ARRAY(SELECT unnest(" + b.arg(nonNil(known)) + "::text[])"
	if slugs != nil {
		array += "\n    UNION ALL SELECT 'team:' || t.id FROM teams t WHERE t.organization_id = " + b.arg(b.scope.OrganizationID) +
			" AND lower(t.slug) = ANY(" + b.arg(slugs) + "::text[]) AND EXISTS (SELECT FROM team_projects p" +
			" WHERE p.organization_id = t.organization_id AND p.team_id = t.id AND p.project_id = ANY(" + b.arg(b.scope.ProjectIDs()) + "))"
	}
	if teamsOfCaller {
		array += "\n    UNION ALL SELECT 'team:' || m.team_id FROM team_members m WHERE m.organization_id = " + b.arg(b.scope.OrganizationID) +
			" AND m.user_id = " + b.arg(strings.TrimPrefix(b.scope.Caller, "user:"))
	}
	if names != nil {
		lower := b.arg(names) + "::text[]"
		array += "\n    UNION ALL SELECT 'user:' || u.id FROM users u WHERE u.organization_id = " + b.arg(b.scope.OrganizationID) +
			" AND (lower(u.username) = ANY(" + lower + ") OR lower(u.email) = ANY(" + lower + "))"
	}
	return array + ")", nobody, nil
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (b *builder) assignedTo(f *searchquery.Filter) (string, error) {
	array, nobody, err := b.people(f)
	condition := "g.assignee = ANY(" + array + ")"
	if nobody {
		condition = "(g.assignee = '' OR " + condition + ")"
	}
	return negate(f.Op, condition), err
}

const owners = "SELECT FROM issue_owners o WHERE o.project_id = g.project_id AND o.group_id = g.id"

// assignedOrSuggested finds those who are suggested only where nobody is assigned.
func (b *builder) assignedOrSuggested(f *searchquery.Filter) (string, error) {
	array, nobody, err := b.people(f)
	condition := "g.assignee = ANY(" + array + ") OR g.assignee = '' AND EXISTS (" + owners + " AND o.owner = ANY(" + array + "))"
	if nobody {
		condition += " OR g.assignee = '' AND NOT EXISTS (" + owners + ")"
	}
	return negate(f.Op, "("+condition+")"), err
}

// marked finds issues with a row of one of the users in a view; `has:` those with any.
func (b *builder) marked(f *searchquery.Filter, view, condition string) (string, error) {
	array, nobody, err := b.people(f)
	rows := "SELECT FROM " + view + " r WHERE r.project_id = g.project_id AND r.group_id = g.id" + condition
	sql := "EXISTS (" + rows + " AND 'user:' || r.user_id = ANY(" + array + "))"
	if nobody {
		sql = "(NOT EXISTS (" + rows + ") OR " + sql + ")"
	}
	return negate(f.Op, sql), err
}

func (b *builder) bookmarkedBy(f *searchquery.Filter) (string, error) {
	return b.marked(f, "bookmarks", "")
}

func (b *builder) subscribedBy(f *searchquery.Filter) (string, error) {
	return b.marked(f, "subscriptions", " AND r.is_active")
}

func (b *builder) linked(f *searchquery.Filter) (string, error) {
	return answer(f, "EXISTS (SELECT FROM issue_links l WHERE l.project_id = g.project_id AND l.group_id = g.id)"), nil
}
