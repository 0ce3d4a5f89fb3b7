package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/search/internal/search"
)

const eventColumns = `e.project_id, e.event_id, e.seen_time, e.received_at, e.title, e.message, e.culprit, e.transaction, e.level, e.platform,
       e.environment, e.release, e.dist, e.user_id, e.user_email, e.user_name, e.user_ip, e.trace_id, e.span_id,
       e.sdk_name, e.sdk_version, e.tags, e.fields, e.error_types, e.error_values, e.error_mechanisms, e.unhandled, e.main_thread`

// EventPage says which events of an issue are wanted.
type EventPage struct {
	IssueID     int64
	Size        int
	OldestFirst bool
	From        *EventCursor // nil for the first page
}

// EventCursor is the event beside which a page begins.
type EventCursor struct {
	SeenTime time.Time
	Kind     int16
	ItemID   [16]byte
	Backward bool
}

// EventResult is a page of events in order.
type EventResult struct {
	Events []search.IndexedEvent
	More   bool             // further events follow in the direction of reading
	Latest map[int64]string // the releases that the query stood for, see search.Scope
}

// IssueEvents reads a page of the events of an issue that match. The issue must exist.
func (s *Store) IssueEvents(ctx context.Context, q search.Query, p EventPage) (result EventResult, err error) {
	err = s.inSnapshot(ctx, func(tx pgx.Tx) error {
		if q.Scope, p.IssueID, err = narrowTo(ctx, tx, q.Scope, p.IssueID); err != nil {
			return err
		}
		if q, err = resolved(ctx, tx, q); err != nil {
			return err
		}
		st, err := issueEvents(q, p)
		if err != nil {
			return err
		}
		result.Latest = q.Scope.Latest
		result.Events, err = collect(ctx, tx, st, pgx.RowToStructByPos[search.IndexedEvent])
		return err
	})
	if result.More = len(result.Events) > p.Size; result.More {
		result.Events = result.Events[:p.Size]
	}
	if p.From != nil && p.From.Backward {
		slices.Reverse(result.Events)
	}
	return result, err
}

const selectNamedOrMerged = `
SELECT g.project_id, g.id FROM issues g
WHERE g.project_id = ANY($1) AND g.status NOT IN (3, 4, 5)
  AND g.id = ANY(ARRAY[$2, (SELECT r.leads_to FROM issue_redirects r WHERE r.project_id = ANY($1) AND r.group_id = $2)])
ORDER BY g.id <> $2
LIMIT 1`

// Leads names the issue that an id leads to: the one that has it, or that has what was merged.
func (s *Store) Leads(ctx context.Context, scope search.Scope, issueID int64) (name search.Name, err error) {
	err = s.inSnapshot(ctx, func(tx pgx.Tx) error {
		scope, name.ID, err = narrowTo(ctx, tx, scope, issueID)
		if err == nil {
			name.ProjectID = scope.Projects[0].ID
		}
		return err
	})
	return name, err
}

// narrowTo leaves the project of an issue in a scope, and gives the issue's id: an issue that was merged stands for the one
// that has its hashes now.
func narrowTo(ctx context.Context, tx pgx.Tx, scope search.Scope, issueID int64) (search.Scope, int64, error) {
	found, err := collect(ctx, tx, statement{selectNamedOrMerged, []any{scope.ProjectIDs(), issueID}}, pgx.RowToStructByPos[search.Name])
	if err != nil {
		return scope, 0, err
	}
	if len(found) == 0 {
		return scope, 0, fault.Missing("issue", issueID)
	}
	project := found[0].ProjectID
	scope.Projects = []search.Project{{ID: project, Slug: scope.Slug(project)}}
	return scope, found[0].ID, nil
}

func issueEvents(q search.Query, p EventPage) (statement, error) {
	b := &builder{scope: q.Scope, now: q.Now}
	conditions, err := b.all(split(q.Tree).issues, split(q.Tree).events)
	if err != nil {
		return statement{}, err
	}
	sql := "SELECT e.kind, e.item_id, " + eventColumns + "\nFROM issues g\nJOIN events e ON " + b.events(q.Window) +
		"\nWHERE g.project_id = " + b.arg(q.Scope.Projects[0].ID) + " AND g.id = " + b.arg(p.IssueID) + conditions
	comparison, order := "<", " DESC"
	if p.OldestFirst != (p.From != nil && p.From.Backward) {
		comparison, order = ">", ""
	}
	if p.From != nil {
		sql += "\n  AND (e.seen_time, e.kind, e.item_id) " + comparison + " (" +
			b.arg(p.From.SeenTime) + ", " + b.arg(p.From.Kind) + ", " + b.arg(p.From.ItemID) + ")"
	}
	sql += "\nORDER BY e.seen_time" + order + ", e.kind" + order + ", e.item_id" + order + "\nLIMIT " + b.arg(p.Size+1)
	return statement{sql, b.args}, nil
}
