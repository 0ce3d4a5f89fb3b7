package store

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

const insertJudgedItems = `
INSERT INTO judged_items (project_id, kind, item_id, item_time, outcome, group_id, is_new, is_regression)
SELECT $1, k.kind, k.item_id, k.item_time, k.outcome, nullif(k.group_id, 0), k.is_new, k.is_regression
FROM unnest($2::smallint[], $3::uuid[], $4::timestamptz[], $5::smallint[], $6::bigint[], $7::boolean[], $8::boolean[])
     AS k (kind, item_id, item_time, outcome, group_id, is_new, is_regression)`

const insertJudgedStatusChange = `
INSERT INTO judged_status_changes (project_id, item_id, outcome, group_id, changed, judged_at)
VALUES ($1, $2, $3, nullif($4::bigint, 0), $5, $6)`

const insertEnvironments = `
INSERT INTO environments (project_id, name, first_seen)
SELECT $1, name, first_seen FROM unnest($2::text[], $3::timestamptz[]) AS e (name, first_seen)
ON CONFLICT (project_id, name) DO NOTHING`

// A release that was announced before any event was seen in it gets its first sighting.
const insertReleases = `
INSERT INTO releases AS r (project_id, version, first_seen, created_at, unsettled_since)
SELECT $1, n.version, n.first_seen, $4, $4 FROM unnest($2::text[], $3::timestamptz[]) AS n (version, first_seen)
LEFT JOIN LATERAL (
    SELECT true AS known FROM releases k WHERE k.project_id = $1 AND k.version = n.version AND k.first_seen IS NOT NULL OFFSET 0
) k ON true WHERE k.known IS NULL
ON CONFLICT (project_id, version) DO UPDATE SET first_seen = excluded.first_seen WHERE r.first_seen IS NULL`

const putGroupEnvironments = `
INSERT INTO group_environments AS e (project_id, group_id, environment, hash, first_seen, first_release)
SELECT $1, n.* FROM unnest($2::bigint[], $3::text[], $4::bytea[], $5::timestamptz[], $6::text[]) AS n
ON CONFLICT (project_id, group_id, environment, hash)
DO UPDATE SET first_seen = excluded.first_seen, first_release = excluded.first_release
WHERE excluded.first_seen < e.first_seen`

const countOutcome = `
INSERT INTO outcome_counts AS o (project_id, minute, outcome, count) VALUES ($1, $2, $3, $4)
ON CONFLICT (project_id, minute, outcome) DO UPDATE SET count = o.count + excluded.count`

// write writes the difference that a batch makes. The rows that other projects or replicas could touch at the same
// time come last and sorted, because they are locked from then on to the commit.
//
// The commit goes with the statements, so that the locks are not held for another round trip.
func write(ctx context.Context, conn session, b Batch, difference *grouping.Effects, stacks stacks) error {
	batch, effects := &pgx.Batch{}, *difference
	if err := queueIssues(batch, b.ProjectID, effects); err != nil {
		return err
	}
	queueMarks(batch, b.ProjectID, "", effects, b.Now)
	queueJudged(batch, b, effects)
	if err := queueHashCounters(batch, b.ProjectID, effects); err != nil {
		return err
	}
	queueDays(batch, b.ProjectID, effects)
	queueUsers(batch, b.ProjectID, effects)
	queueGroupEnvironments(batch, b.ProjectID, effects)
	queueNames(batch, insertEnvironments, b.ProjectID, effects.Environments)
	if insert := queueNames(batch, insertReleases, b.ProjectID, effects.Releases, b.Now); insert != nil {
		insert.Exec(func(tag commandTag) error { difference.NewReleases = tag.RowsAffected(); return nil })
	}
	queueOutcomes(batch, b, effects)
	stacks.queue(batch, b.ProjectID, b.Now, effects.Events)
	if err := queueEvents(batch, b.ProjectID, effects.Events, stacks); err != nil {
		return err
	}
	batch.Queue(postgres.Commit)
	return conn.SendBatch(ctx, batch).Close()
}

// queueJudged inserts without ON CONFLICT: a conflict means that somebody else judged one of the items meanwhile,
// and everything that this batch did goes back.
func queueJudged(batch *pgx.Batch, b Batch, effects grouping.Effects) {
	order := make([]int, 0, len(b.Items))
	for i, j := range effects.Judgements {
		if !j.Repeated {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(x, y int) int { return bytes.Compare(b.Items[x].ID[:], b.Items[y].ID[:]) })
	var kinds, outcomes []int16
	var ids []uuid.UUID
	var times []time.Time
	var groups []int64
	var news, regressions []bool
	for _, i := range order {
		item, j := b.Items[i], effects.Judgements[i]
		if item.StatusChange != nil {
			batch.Queue(insertJudgedStatusChange, b.ProjectID, item.ID, j.Outcome, j.GroupID, j.Changed, b.Now)
			continue
		}
		kinds, ids, times = append(kinds, int16(item.Kind())), append(ids, item.ID), append(times, item.Time)
		outcomes, groups = append(outcomes, int16(j.Outcome)), append(groups, j.GroupID)
		news, regressions = append(news, j.IsNew), append(regressions, j.IsRegression)
	}
	if len(ids) > 0 {
		batch.Queue(insertJudgedItems, b.ProjectID, kinds, ids, times, outcomes, groups, news, regressions)
	}
}

func queueGroupEnvironments(batch *pgx.Batch, projectID int64, effects grouping.Effects) {
	if len(effects.GroupEnvironments) == 0 {
		return
	}
	var groups []int64
	var environments, releases []string
	var hashes [][]byte
	var firstSeen []time.Time
	for key, first := range effects.GroupEnvironments { // their group is locked: no order needed
		groups, environments, hashes = append(groups, key.GroupID), append(environments, key.Environment), append(hashes, []byte(key.Hash))
		firstSeen, releases = append(firstSeen, first.Time), append(releases, first.Release)
	}
	batch.Queue(putGroupEnvironments, projectID, groups, environments, hashes, firstSeen, releases)
}

func queueNames(batch *pgx.Batch, statement string, projectID int64, firstSeen map[string]time.Time, more ...any) *pgx.QueuedQuery {
	if len(firstSeen) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(firstSeen))
	times := make([]time.Time, len(names))
	for i, name := range names {
		times[i] = firstSeen[name]
	}
	return batch.Queue(statement, append([]any{projectID, names, times}, more...)...)
}

func queueOutcomes(batch *pgx.Batch, b Batch, effects grouping.Effects) {
	type bucket struct {
		minute  int64
		outcome issue.Outcome
	}
	counts := map[bucket]int64{}
	for i, j := range effects.Judgements {
		if !j.Repeated {
			counts[bucket{b.Items[i].ReceivedAt.Truncate(time.Minute).Unix(), j.Outcome}]++
		}
	}
	buckets := slices.SortedFunc(maps.Keys(counts), func(x, y bucket) int {
		if x.minute != y.minute {
			return int(x.minute - y.minute)
		}
		return int(x.outcome - y.outcome)
	})
	for _, k := range buckets {
		batch.Queue(countOutcome, b.ProjectID, time.Unix(k.minute, 0), k.outcome, counts[k])
	}
}
