package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

const issueColumns = `g.project_id, g.id, g.short_id, g.type, g.status, g.substatus, g.priority, g.assignee, g.title, g.culprit,
       g.message, g.level, g.platform, g.metadata, g.first_seen, g.last_seen, g.times_seen, g.resolved_at, g.inbox_reason, g.version, g.users_seen`

// scanIssue gives the places of issueColumns.
func scanIssue(i *search.Issue) []any {
	return []any{
		&i.ProjectID, &i.ID, &i.ShortID, &i.Type, &i.Status, &i.Substatus, &i.Priority, &i.Assignee, &i.Title, &i.Culprit,
		&i.Message, &i.Level, &i.Platform, &i.Metadata, &i.FirstSeen, &i.LastSeen, &i.TimesSeen, &i.ResolvedAt, &i.InboxReason, &i.Version, &i.UsersSeen,
	}
}

// A subquery that gives a value is looked up for each issue; EXISTS may be answered by reading all that a user has marked. So
// may a look-up of bookmarks by their index of users, which || keeps from being chosen.
const selectIssues = `SELECT ` + issueColumns + `, g.inbox_added_at, g.priority_locked_at,
       coalesce((SELECT TRUE FROM bookmarks b WHERE b.project_id = g.project_id AND b.group_id = g.id AND b.user_id || '' = $3), FALSE),
       coalesce((SELECT m.seen_at >= g.active_at FROM seen_marks m
                 WHERE m.project_id = g.project_id AND m.group_id = g.id AND m.user_id = $3), FALSE),
       (SELECT ARRAY[s.is_active::int, s.reason] FROM subscriptions s
        WHERE s.project_id = g.project_id AND s.group_id = g.id AND s.user_id = $3),
       ARRAY(SELECT ARRAY[o.type::text, o.owner, (extract(epoch FROM o.created_at) * 1000000)::bigint::text] FROM issue_owners o
             WHERE o.project_id = g.project_id AND o.group_id = g.id ORDER BY o.type, o.owner),
       ARRAY(SELECT ARRAY[l.url, l.display_name] FROM issue_links l
             WHERE l.project_id = g.project_id AND l.group_id = g.id ORDER BY l.created_at, l.url),
       (SELECT h.share_id FROM issue_shares h WHERE h.project_id = g.project_id AND h.group_id = g.id),
       (SELECT row_to_json(z) FROM snoozes z WHERE z.project_id = g.project_id AND z.group_id = g.id AND g.status = 2),
       (SELECT row_to_json(r) FROM resolutions r WHERE r.project_id = g.project_id AND r.group_id = g.id AND g.status = 1)
FROM unnest($1::bigint[], $2::bigint[]) AS k (project_id, id)
JOIN issues g ON g.project_id = k.project_id AND g.id = k.id`

// addIssues tells of each row its issue, and what the caller and others have to do with it.
func addIssues(ctx context.Context, tx pgx.Tx, scope search.Scope, rows []search.Row) error {
	projects, ids := names(rows)
	caller, _ := strings.CutPrefix(scope.Caller, "user:")
	byID := index(rows)
	_, err := collectAs(ctx, tx, keptPlan, statement{selectIssues, []any{projects, ids, caller}}, func(r pgx.CollectableRow) (struct{}, error) {
		var read search.Issue
		of := &read.Relations
		var subscription []int32
		var owners, links [][]string
		err := r.Scan(append(scanIssue(&read), &of.InboxSince, &of.PriorityLockedAt, &of.Bookmarked, &of.Seen, &subscription, &owners, &links,
			&of.ShareID, &of.Snooze, &of.Resolution)...)
		if len(subscription) == 2 {
			of.Subscription = &search.Subscription{Active: subscription[0] == 1, Reason: int16(subscription[1])}
		}
		for _, owner := range owners {
			source, parseErr := strconv.ParseInt(owner[0], 10, 16)
			since, microsErr := strconv.ParseInt(owner[2], 10, 64)
			err = errors.Join(err, parseErr, microsErr)
			of.Owners = append(of.Owners, search.Owner{Source: int16(source), Who: owner[1], Since: time.UnixMicro(since)})
		}
		for _, link := range links {
			of.Links = append(of.Links, search.Link{URL: link[0], Name: link[1]})
		}
		if row := byID[read.ID]; row != nil {
			row.Issue = read
		}
		return struct{}{}, err
	})
	return err
}

// latestOf builds the statement that reads the latest event of each issue in the window and the environments.
func latestOf(q search.Query, rows []search.Row) statement {
	b := &builder{scope: q.Scope, now: q.Now}
	sql := "SELECT g.id, " + eventColumns + "\nFROM " + b.named(rows) + "\nCROSS JOIN LATERAL (\n  SELECT e.* FROM events e WHERE " + b.events(q.Window) +
		"\n  ORDER BY e.seen_time DESC, e.kind DESC, e.item_id DESC LIMIT 1\n) e"
	return statement{sql, b.args}
}

func addLatest(ctx context.Context, tx pgx.Tx, q search.Query, rows []search.Row) error {
	type ofIssue struct {
		ID int64
		search.Event
	}
	events, err := collectAs(ctx, tx, keptPlan, latestOf(q, rows), pgx.RowToStructByPos[ofIssue])
	byID := index(rows)
	for i := range events {
		byID[events[i].ID].Latest = &events[i].Event
	}
	return err
}
