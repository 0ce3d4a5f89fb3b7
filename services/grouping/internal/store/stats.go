package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// queueKnownStats reads what was counted of groups that are locked by now: the counters of the items' first hashes,
// and who the groups happened to.
func queueKnownStats(batch *pgx.Batch, b Batch, state *grouping.State) {
	hashes := map[grouping.Hash]bool{}
	users := map[grouping.UserKey]bool{}
	for i, item := range b.Items {
		target := b.Resolution.Targets[i]
		if target.GroupID == 0 || item.Occurrence == nil {
			continue
		}
		hash, event := item.Occurrence.Hashes[0], item.Occurrence.Event
		hashes[hash] = true
		if user := event.User.Identity(); user != "" {
			users[grouping.UserKey{GroupID: target.GroupID, User: user, Environment: event.Environment, Hash: hash}] = true
		}
	}
	if len(hashes) > 0 {
		wanted := slices.Collect(maps.Keys(hashes))
		batch.Queue(selectHashCounters, b.ProjectID, hashBytes(wanted)).Query(func(rows pgx.Rows) (err error) {
			state.Hashes, err = collectHashCounters(rows)
			return err
		})
	}
	if len(users) > 0 {
		keys := slices.Collect(maps.Keys(users))
		groups, names, environments, hashes := splitUsers(keys)
		batch.Queue(selectKnownUsers, b.ProjectID, groups, names, environments, hashes).Query(func(rows pgx.Rows) (err error) {
			state.Users, err = collectKnownUsers(rows, keys)
			return err
		})
	}
}

func splitUsers(keys []grouping.UserKey) (groups []int64, users, environments []string, hashes [][]byte) {
	for _, k := range keys {
		groups, users = append(groups, k.GroupID), append(users, k.User)
		environments, hashes = append(environments, k.Environment), append(hashes, []byte(k.Hash))
	}
	return groups, users, environments, hashes
}

// userRows are the rows of one user k of a group. OFFSET 0 keeps its conditions from those that follow: of the index
// of groups, which fits them as well, a group with many users would be read whole.
const userRows = `(
    SELECT * FROM (
        SELECT ctid AS place, * FROM group_users
        WHERE project_id = $1 AND hashtextextended(user_key, group_id) = hashtextextended(k.user_key, k.group_id) OFFSET 0
    ) candidate WHERE candidate.group_id = k.group_id AND candidate.user_key = k.user_key
)`

const selectKnownUsers = `
SELECT k.n, u.here, CASE WHEN u.same THEN u.first_day END, CASE WHEN u.same THEN u.last_day END
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bytea[]) WITH ORDINALITY AS k (group_id, user_key, environment, hash, n)
CROSS JOIN LATERAL (
    SELECT first_day, last_day, u.environment = k.environment AS here, u.environment = k.environment AND u.hash = k.hash AS same
    FROM ` + userRows + ` u ORDER BY same DESC, here DESC LIMIT 1
) u`

func collectKnownUsers(rows pgx.Rows, keys []grouping.UserKey) (grouping.KnownUsers, error) {
	known := grouping.NewKnownUsers()
	var n int
	var here bool
	var first, last *time.Time
	_, err := pgx.ForEachRow(rows, []any{&n, &here, &first, &last}, func() error {
		key := keys[n-1]
		known.Any[grouping.GroupUser{GroupID: key.GroupID, User: key.User}] = true
		if here {
			known.In[grouping.GroupEnvironmentUser{GroupID: key.GroupID, Environment: key.Environment, User: key.User}] = true
		}
		if first != nil && last != nil {
			known.Spans[key] = grouping.Span{First: *first, Last: *last}
		}
		return nil
	})
	return known, err
}

const insertUsers = `
INSERT INTO group_users (project_id, group_id, user_key, environment, hash, first_day, last_day)
SELECT $1, n.* FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bytea[], $6::date[], $7::date[]) AS n`

const updateUsers = `
UPDATE group_users u SET first_day = found.first_day, last_day = found.last_day
FROM (
    SELECT place, k.first_day, k.last_day
    FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bytea[], $6::date[], $7::date[])
         AS k (group_id, user_key, environment, hash, first_day, last_day)
    CROSS JOIN LATERAL ` + userRows + ` c WHERE c.environment = k.environment AND c.hash = k.hash
) found
WHERE u.project_id = $1 AND u.ctid = found.place`

// queueUsers writes rows whose groups are locked. Most users were seen today already, and have none.
func queueUsers(batch *pgx.Batch, projectID int64, effects grouping.Effects) {
	queueUserRows(batch, insertUsers, projectID, effects.NewUsers)
	queueUserRows(batch, updateUsers, projectID, effects.Users)
}

func queueUserRows(batch *pgx.Batch, statement string, projectID int64, spans map[grouping.UserKey]grouping.Span) {
	if len(spans) == 0 {
		return
	}
	keys := slices.SortedFunc(maps.Keys(spans), func(a, b grouping.UserKey) int {
		return cmp.Or(cmp.Compare(a.GroupID, b.GroupID), strings.Compare(a.User, b.User))
	})
	groups, names, environments, hashes := splitUsers(keys)
	var first, last []time.Time
	for _, key := range keys {
		first, last = append(first, spans[key].First), append(last, spans[key].Last)
	}
	batch.Queue(statement, projectID, groups, names, environments, hashes, first, last)
}

const addDays = `
INSERT INTO group_days AS d (project_id, group_id, environment, day, hash, events, hours)
SELECT $1, n.group_id, n.environment, n.day, n.hash, n.events, n.hours::integer[]
FROM unnest($2::bigint[], $3::text[], $4::timestamptz[], $5::bytea[], $6::integer[], $7::text[])
     AS n (group_id, environment, day, hash, events, hours)
ON CONFLICT (project_id, group_id, environment, day, hash)
DO UPDATE SET events = d.events + excluded.events, hours = add_hours(d.hours, excluded.hours)`

func queueDays(batch *pgx.Batch, projectID int64, effects grouping.Effects) {
	if len(effects.Days) == 0 {
		return
	}
	var groups []int64
	var environments, hours []string
	var days []time.Time
	var hashes [][]byte
	var events []int32
	for key, counts := range effects.Days {
		sum, array := hoursArray(counts)
		groups, environments = append(groups, key.GroupID), append(environments, key.Environment)
		days, hashes = append(days, key.Day), append(hashes, []byte(key.Hash))
		events, hours = append(events, sum), append(hours, array)
	}
	batch.Queue(addDays, projectID, groups, environments, days, hashes, events, hours)
}

// hoursArray writes hours as an array that begins with the first that has events and ends with the last, as
// `[13:14]={1,5}`: most groups have events in few hours of a day.
func hoursArray(hours *grouping.Hours) (sum int32, array string) {
	first, last := -1, 0
	for hour, n := range hours {
		if n > 0 {
			sum += n
			last = hour
			if first < 0 {
				first = hour
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "[%d:%d]={", first, last)
	for hour := first; hour <= last; hour++ {
		if hour > first {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, hours[hour])
	}
	b.WriteByte('}')
	return sum, b.String()
}
