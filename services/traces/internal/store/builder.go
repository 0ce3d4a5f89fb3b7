package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/picket-io/picket/services/traces/internal/block"
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
	isWide         bool
}

// Wide is the scope of traces as a whole that were found in a scope.
func (s Scope) Wide() Scope {
	s.ProjectIDs = nil
	if !s.isWide {
		s.From, s.To, s.isWide = s.From.Add(-Margin), s.To.Add(Margin), true
	}
	return s
}

// scope is the condition that a block may have spans that are looked at.
func (b *builder) scope(s Scope) string {
	text := fmt.Sprintf("organization_id = %s AND newest >= %s AND oldest < %s", b.arg(s.OrganizationID), b.arg(s.From), b.arg(s.To))
	// A block is of one week, so its partition is not much later than the window.
	text += fmt.Sprintf(" AND newest < %s", b.arg(s.To.Add(weeks(1))))
	if len(s.ProjectIDs) > 0 {
		text += fmt.Sprintf(" AND project_id = ANY (%s)", b.arg(s.ProjectIDs))
	}
	return text
}

// need is the condition that a block has the tokens that it needs.
func (b *builder) need(n *block.Need) string {
	switch {
	case len(n.All) > 0 && asksForTraces(n): // which an index answers
		return "(" + strings.Join(b.needs(n.All), " AND ") + ")"
	case len(n.All) > 0:
		return b.inOrder(b.needs(n.All))
	case len(n.Any) > 0:
		return "(" + strings.Join(b.needs(n.Any), " OR ") + ")"
	}
	return b.tokens(n)
}

func (b *builder) needs(parts []*block.Need) []string {
	conditions := make([]string, len(parts))
	for i, part := range parts {
		conditions[i] = b.need(part)
	}
	return conditions
}

// inOrder makes the planner keep the order of conditions: to look into filters is most of what a rare value costs.
func (b *builder) inOrder(conditions []string) string {
	text := conditions[len(conditions)-1]
	for _, condition := range slices.Backward(conditions[:len(conditions)-1]) {
		text = fmt.Sprintf("CASE WHEN %s THEN %s ELSE false END", condition, text)
	}
	return text
}

func asksForTraces(n *block.Need) bool {
	return n.Traces != nil || slices.ContainsFunc(n.All, asksForTraces) || slices.ContainsFunc(n.Any, asksForTraces)
}

// tokens is the condition that a block may have one of the tokens. Of a filter it reads eight bytes.
func (b *builder) tokens(n *block.Need) string {
	if n.Traces != nil {
		return fmt.Sprintf("trace_tokens && %s::integer[]", b.arg(n.Traces))
	}
	conditions := make([]string, len(n.Tokens))
	for i, token := range n.Tokens {
		probe := block.ProbeOf(token)
		mask := b.arg(probe.Mask)
		conditions[i] = fmt.Sprintf("('x' || encode(substring(filter FROM ((%s::bigint * filter_words) >> 32)::integer * 8 + 1 FOR 8), 'hex'))::bit(64) & %s::text::bit(64) = %s::text::bit(64)",
			b.arg(probe.Upper), mask, mask)
	}
	return "(" + strings.Join(conditions, " OR ") + ")"
}
