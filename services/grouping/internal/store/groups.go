package store

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

type commandTag = pgconn.CommandTag

// As lookup.go looks keys up.
const selectGroups = `
SELECT found.* FROM unnest($2::bigint[]) AS w (id) CROSS JOIN LATERAL (
    SELECT g.id, g.short_id, g.type, g.status, g.substatus, g.priority, g.priority_locked_at, g.assignee,
           g.title, g.culprit, g.message, g.level, g.platform, g.metadata, g.first_seen, g.first_release, g.active_at,
           g.resolved_at, g.created_at, g.status_since, g.version, i.reason, i.added_at, c.times_seen, c.last_seen, c.last_item_id,
           c.users_seen, c.hashes, c.environments, c.environments_at,
           ` + firstColumns + `,
           ` + conditionColumns + `
    FROM groups g
    JOIN group_counters c ON c.project_id = g.project_id AND c.group_id = g.id
    LEFT JOIN inbox i ON i.project_id = g.project_id AND i.group_id = g.id
    LEFT JOIN snoozes s ON s.project_id = g.project_id AND s.group_id = g.id
    LEFT JOIN resolutions r ON r.project_id = g.project_id AND r.group_id = g.id
    WHERE g.project_id = $1 AND g.id = w.id OFFSET 0
) found`

func collectGroups(rows pgx.Rows) (map[int64]*grouping.Group, error) {
	scanned, err := pgx.CollectRows(rows, scanGroup)
	if err != nil {
		return nil, err
	}
	groups := make(map[int64]*grouping.Group, len(scanned))
	for _, group := range scanned {
		groups[group.ID] = group
	}
	return groups, nil
}

func scanGroup(row pgx.CollectableRow) (*grouping.Group, error) {
	var g grouping.Group
	var metadata, environments []byte
	var environmentsAt int64
	var lockedAt, resolvedAt, inboxSince pgtype.Timestamptz
	var inboxReason pgtype.Int2
	var lastItem pgtype.UUID
	var waits conditions
	var first firstEvent
	err := row.Scan(slices.Concat([]any{
		&g.ID, &g.ShortID, &g.Type, &g.Status, &g.Substatus, &g.Priority, &lockedAt, &g.Assignee,
		&g.Text.Title, &g.Text.Culprit, &g.Text.Message, &g.Text.Level, &g.Text.Platform, &metadata, &g.FirstSeen,
		&g.FirstRelease, &g.ActiveAt, &resolvedAt, &g.CreatedAt, &g.StatusSince, &g.Version, &inboxReason, &inboxSince,
		&g.Counters.TimesSeen, &g.Counters.LastSeen, &lastItem, &g.Counters.UsersSeen, &g.Counters.Hashes, &environments, &environmentsAt,
	}, first.places(), waits.places())...)
	if err != nil {
		return nil, err
	}
	g.Snooze, g.Fix, g.First = waits.snooze(), waits.fix(), first.event()
	g.PriorityLocked, g.ResolvedAt = lockedAt.Time, resolvedAt.Time
	g.InInbox, g.InboxReason, g.InboxSince = inboxReason.Valid, issue.InboxReason(inboxReason.Int16), inboxSince.Time
	g.Counters.LastItemID = uuid.UUID(lastItem.Bytes)
	if environmentsAt == g.Counters.TimesSeen {
		if g.Counters.Environments, err = parseEnvironments(environments); err != nil {
			return nil, err
		}
	}
	return &g, json.Unmarshal(metadata, &g.Metadata)
}

const insertGroup = `
INSERT INTO groups (project_id, id, short_id, type, status, substatus, priority, assignee, title, culprit, message, level,
                    platform, metadata, first_seen, first_release, active_at, resolved_at, created_at,
                    status_since, version, first_hash, first_culprit, first_transaction, first_platform, first_dist,
                    first_sdk_name, first_sdk_version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)`

const updateGroup = `
UPDATE groups SET status = $3, substatus = $4, priority = $5, title = $6, culprit = $7, message = $8, level = $9,
       platform = $10, metadata = $11, first_seen = $12, active_at = $13, resolved_at = $14, status_since = $15,
       version = $16, assignee = $17, priority_locked_at = $18
WHERE project_id = $1 AND id = $2`

// The rows of groups that exist are there, and locked with them: that is the quickest way to each by its key.
const putCounters = `
INSERT INTO group_counters (project_id, group_id, times_seen, last_seen, last_item_id, users_seen, hashes, environments,
                            environments_at)
SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::uuid[], $6::bigint[], $7::integer[], $8::json[], $9::bigint[])
ON CONFLICT (project_id, group_id) DO UPDATE SET
    times_seen = excluded.times_seen, last_seen = excluded.last_seen, last_item_id = excluded.last_item_id,
    users_seen = excluded.users_seen, hashes = excluded.hashes, environments = excluded.environments,
    environments_at = excluded.environments_at`

func queueGroups(batch *pgx.Batch, projectID int64, effects grouping.Effects) error {
	isNew := map[int64]bool{}
	for _, g := range effects.Created {
		isNew[g.ID] = true
		metadata, err := json.Marshal(g.Metadata)
		if err != nil {
			return err
		}
		batch.Queue(insertGroup, append([]any{
			projectID, g.ID, g.ShortID, g.Type, g.Status, g.Substatus, g.Priority, g.Assignee,
			g.Text.Title, g.Text.Culprit, g.Text.Message, g.Text.Level, g.Text.Platform, metadata, g.FirstSeen,
			g.FirstRelease, g.ActiveAt, optional(g.ResolvedAt), g.CreatedAt, g.StatusSince, g.Version,
		}, firstValues(g.First)...)...)
	}
	for id, g := range effects.Changed {
		if isNew[id] { // inserted as it is now
			continue
		}
		metadata, err := json.Marshal(g.Metadata)
		if err != nil {
			return err
		}
		batch.Queue(updateGroup, projectID, id, g.Status, g.Substatus, g.Priority, g.Text.Title, g.Text.Culprit,
			g.Text.Message, g.Text.Level, g.Text.Platform, metadata, g.FirstSeen, g.ActiveAt, optional(g.ResolvedAt),
			g.StatusSince, g.Version, g.Assignee, optional(g.PriorityLocked))
	}
	return queueCounters(batch, projectID, effects)
}

func queueCounters(batch *pgx.Batch, projectID int64, effects grouping.Effects) error {
	counted := maps.Clone(effects.Counted)
	for _, g := range effects.Created {
		counted[g.ID] = g
	}
	if len(counted) == 0 {
		return nil
	}
	ids := slices.Sorted(maps.Keys(counted))
	times, users, hashes := make([]int64, len(ids)), make([]int64, len(ids)), make([]int32, len(ids))
	lastSeen, lastItems := make([]time.Time, len(ids)), make([]uuid.UUID, len(ids))
	environments, environmentsAt := make([][]byte, len(ids)), make([]int64, len(ids))
	for i, id := range ids {
		c := counted[id].Counters
		times[i], users[i], hashes[i] = c.TimesSeen, c.UsersSeen, c.Hashes
		lastSeen[i], lastItems[i] = c.LastSeen, c.LastItemID
		var err error
		if environments[i], environmentsAt[i], err = formatEnvironments(c); err != nil {
			return err
		}
	}
	batch.Queue(putCounters, projectID, ids, times, lastSeen, lastItems, users, hashes, environments, environmentsAt)
	return nil
}

// optional maps the zero time to NULL.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
