package assign

import (
	"context"
	"strings"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// findAssignees looks up to whom items want to give the groups that they may make. Whoever cannot get them is nobody.
func (a *Assigner) findAssignees(ctx context.Context, b batch, known grouping.Known) error {
	found := map[string]grouping.Assignee{}
	for _, item := range b.items {
		if item.Occurrence == nil || item.Occurrence.Assignee.Who == "" || known.GroupOf(item) != 0 {
			continue
		}
		who := item.Occurrence.Assignee.Who
		if _, ok := found[who]; !ok {
			// The door makes a user's id of what has no kind, also of a name or an address.
			assignee, _, err := a.store.Assignee(ctx, b.projectID, strings.TrimPrefix(who, "user:"))
			if err != nil {
				return err
			}
			found[who] = assignee
		}
		item.Occurrence.Assignee = found[who]
	}
	return nil
}
