package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// What a group has in its environments is stored as an object of pairs of events and users, with the times seen that it was
// true at. At other times seen it is not known: a version that does not know of it raises them alone.
const notKnown = -1

func parseEnvironments(stored []byte) (map[string]grouping.EnvironmentCounts, error) {
	var pairs map[string][2]int64
	if err := json.Unmarshal(stored, &pairs); err != nil {
		return nil, err
	}
	environments := make(map[string]grouping.EnvironmentCounts, len(pairs))
	for name, pair := range pairs {
		environments[name] = grouping.EnvironmentCounts{Events: pair[0], Users: pair[1]}
	}
	return environments, nil
}

func formatEnvironments(c grouping.Counters) (stored []byte, at int64, err error) {
	pairs := make(map[string][2]int64, len(c.Environments))
	for name, counts := range c.Environments {
		pairs[name] = [2]int64{counts.Events, counts.Users}
	}
	if at = c.TimesSeen; c.Environments == nil {
		at = notKnown
	}
	stored, err = json.Marshal(pairs)
	return stored, at, err
}

// Of days that retention has dropped there are no events left to count. Nobody is told them: an issue that had such days does not lie
// in any window. While rows are on their way there is nothing to count.
var countEnvironments = fmt.Sprintf(`
UPDATE group_counters c SET environments_at = c.times_seen, environments = (
    SELECT coalesce(json_object_agg(environment, json_build_array(events, users)), '{}') FROM (
        SELECT environment, sum(events)::bigint AS events, sum(users)::bigint AS users FROM (
            SELECT environment, sum(events) AS events, 0 AS users FROM group_days
            WHERE project_id = $1 AND group_id = $2 GROUP BY environment
            UNION ALL
            SELECT environment, 0, count(*) FROM (
                SELECT DISTINCT environment, user_key COLLATE "C" FROM group_users WHERE project_id = $1 AND group_id = $2
            ) u GROUP BY environment
        ) parts GROUP BY environment ORDER BY events DESC LIMIT %d
    ) most
)
WHERE c.project_id = $1 AND c.group_id = $2 AND NOT EXISTS (
    SELECT FROM moves m WHERE m.project_id = $1 AND m.step < 5 AND (m.source_id = $2 OR m.destination_id = $2))`,
	grouping.MostEnvironments)

const selectUncounted = `
SELECT c.group_id FROM group_counters c
WHERE c.project_id = $1 AND c.group_id > $2 AND c.environments_at <> c.times_seen AND NOT EXISTS (
    SELECT FROM moves m WHERE m.project_id = $1 AND m.step < 5 AND (m.source_id = c.group_id OR m.destination_id = c.group_id))
ORDER BY c.group_id LIMIT $3`

// Uncounted lists groups with ids above a given one of which it is not known what they have in which environment: from before that was
// counted, or because a version that does not count it judged items of them.
func (s *Store) Uncounted(ctx context.Context, projectID, after int64, limit int) ([]int64, error) {
	rows, err := s.pool.Query(ctx, selectUncounted, projectID, after, limit)
	if err != nil {
		return nil, translate(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, translate(err)
}

// CountEnvironments counts what a group has in which environment. The group is locked, as it is by whoever adds to it.
func (s *Store) CountEnvironments(ctx context.Context, projectID, groupID int64) error {
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(setLockTimeout)
		batch.Queue(lockGroups, projectID, []int64{groupID})
		batch.Queue(countEnvironments, projectID, groupID)
		return tx.SendBatch(ctx, batch).Close()
	})
	return classify(err)
}
