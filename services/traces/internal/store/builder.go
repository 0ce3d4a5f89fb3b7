package store

import (
	"fmt"
	"time"
)

// builder makes the text of a statement whose values are all arguments.
type builder struct{ args []any }

// arg adds an argument and gives its place in the text.
func (b *builder) arg(value any) string {
	b.args = append(b.args, value)
	return fmt.Sprintf("$%d", len(b.args))
}

// Scope says which spans a search looks at.
type Scope struct {
	OrganizationID int64
	ProjectIDs     []int64  // all of the organization when empty
	Environments   []string // all when empty
	From, To       time.Time
}

// scope is the condition that a span is looked at.
func (b *builder) scope(s Scope) string {
	text := fmt.Sprintf("organization_id = %s AND end_time >= %s AND end_time < %s",
		b.arg(s.OrganizationID), b.arg(s.From), b.arg(s.To))
	if len(s.ProjectIDs) > 0 {
		text += fmt.Sprintf(" AND project_id = ANY (%s)", b.arg(s.ProjectIDs))
	}
	if len(s.Environments) > 0 {
		text += fmt.Sprintf(" AND environment = ANY (%s)", b.arg(s.Environments))
	}
	return text
}
