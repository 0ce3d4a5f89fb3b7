package store

import (
	"regexp"
	"strings"
	"testing"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/test/testdb"
)

var readsMore = regexp.MustCompile(`Seq Scan|Hash Join|Merge Join|Index Cond: \(project_id = [^A]*\)\n`)

// A connection keeps its plans, and may make them while tables have no row or few: those that were vacuumed are known to be small.
func TestLookupsPlannedOnSmallTablesReadOnlyTheRowsTheyName(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	owner := db.Pool(t, provision.Grouping)
	const partition = `CREATE TABLE judged_items_week PARTITION OF judged_items FOR VALUES FROM ('2001-01-01') TO ('2101-01-01')`
	lookups := map[string]string{
		"hashes": selectHashes, "hashes and types": selectHashesAndTypes, "judged items": selectJudgedItems,
		"judged status changes": selectJudgedStatusChanges, "locks of groups": lockGroups, "groups": selectGroups,
		"counters of hashes": selectHashCounters, "users": selectKnownUsers, "stacks": selectFreshStacks,
	}
	others := map[string]string{"counters": putCounters, "releases": insertReleases}
	for i, small := range []string{partition, `VACUUM`} {
		if _, err := owner.Exec(t.Context(), small); err != nil {
			t.Fatal(err)
		}
		for name, statement := range lookups {
			if plan := db.Plan(t, provision.Grouping, statement, beginLookups); readsMore.MatchString(plan) {
				t.Errorf("%s:\n%s", name, plan)
			}
		}
		if plan := db.Plan(t, provision.Grouping, selectHashes); i == 1 && !readsMore.MatchString(plan) {
			t.Errorf("what is not begun as look-ups are reads no more, so that this test could not fail:\n%s", plan)
		}
		for name, statement := range others {
			if plan := db.Plan(t, provision.Grouping, statement); i == 0 && readsMore.MatchString(plan) {
				t.Errorf("%s:\n%s", name, plan)
			}
		}
	}
}

// Tables that grew since they were looked at, as those of a new project do, are planned as small ones.
func TestAUserIsLookedUpWithoutTheOthersOfTheProject(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	const users = `
INSERT INTO group_users (project_id, group_id, user_key, environment, hash, first_day, last_day)
SELECT 1, 1, 'id:' || n, '', '', '2026-01-01', '2026-01-01' FROM generate_series(1, 3000) n`
	if _, err := db.Pool(t, provision.Grouping).Exec(t.Context(), users); err != nil {
		t.Fatal(err)
	}
	for name, statement := range map[string]string{"users": selectKnownUsers, "days of users": updateUsers} {
		if plan := db.Plan(t, provision.Grouping, statement); !strings.Contains(plan, "group_users_user") || strings.Contains(plan, "group_users_last_day") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}

func TestWhatAGroupHasInItsEnvironmentsIsCountedFromItsRowsAlone(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	const rows = `
CREATE TABLE group_days_week PARTITION OF group_days FOR VALUES FROM ('2001-01-01') TO ('2101-01-01');
INSERT INTO group_users (project_id, group_id, user_key, environment, hash, first_day, last_day)
SELECT 1, n, '', '', '', '2026-01-01', '2026-01-01' FROM generate_series(1, 3000) n`
	if _, err := db.Pool(t, provision.Grouping).Exec(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	plan := db.Plan(t, provision.Grouping, countEnvironments)
	for _, want := range []string{"group_days_week_pkey", "group_users_last_day", "group_counters_pkey"} {
		if !strings.Contains(plan, want) {
			t.Errorf("no %s:\n%s", want, plan)
		}
	}
}

// Events of a group that share a time share their place in the index.
func TestAPageOfEventsIsReadOnceForAllOfThem(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	const partition = `CREATE TABLE event_index_week PARTITION OF event_index FOR VALUES FROM ('2001-01-01') TO ('2101-01-01')`
	if _, err := db.Pool(t, provision.Grouping).Exec(t.Context(), partition); err != nil {
		t.Fatal(err)
	}
	for name, statement := range map[string]string{"erased": eraseEvents, "moved": moveEvents} {
		plan := db.Plan(t, provision.Grouping, statement)
		if strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, "hashed SubPlan") || !strings.Contains(plan, "seen_time") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}
