package e2e

import (
	"context"
	"crypto/md5"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	provision "github.com/picket-io/picket/deploy/postgres"
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/test/testdb"
)

// replicas are processes of the grouping service on one database.
type replicas struct {
	services []*service
	clients  []groupingv1.GroupingServiceClient
	pool     *pgxpool.Pool
	log      string // of the database's server; empty when it is not known
}

func newReplicas(t *testing.T, n int, databaseURL, log string) *replicas {
	t.Helper()
	dir, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	redis := testdb.Redis(t).Options()
	redisURL := fmt.Sprintf("redis://%s:%s@%s/%d", redis.Username, redis.Password, redis.Addr, redis.DB)
	r := &replicas{log: log}
	if r.pool, err = pgxpool.New(t.Context(), databaseURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.pool.Close)
	for i := range n {
		addr := freeAddr(t)
		s := &service{name: fmt.Sprint("grouping ", i), addr: addr, path: filepath.Join(dir, "grouping"), env: []string{
			"PICKET_GRPC_ADDR=" + addr, "PICKET_METRICS_ADDR=127.0.0.1:0", "PICKET_DATABASE_URL=" + databaseURL,
			"PICKET_REDIS_URL=" + redisURL, "PATH=" + os.Getenv("PATH"),
		}}
		s.start(t)
		t.Cleanup(func() { s.stop(t) })
		r.services = append(r.services, s)
		r.clients = append(r.clients, groupingv1.NewGroupingServiceClient(dial(t, addr)))
	}
	for _, s := range r.services {
		s.awaitServing(t)
	}
	directory := groupingv1.NewDirectoryServiceClient(dial(t, r.services[0].addr))
	one, quota := int64(1), int32(1_000_000)
	if _, err := directory.CreateOrganization(t.Context(), &groupingv1.CreateOrganizationRequest{Slug: "acme", OrganizationId: &one}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []int64{1, 2} {
		_, err := directory.CreateProject(t.Context(), &groupingv1.CreateProjectRequest{
			OrganizationId: 1, Slug: fmt.Sprint("p", id), ProjectId: &id, Settings: &groupingv1.ProjectSettings{CreationQuotaPerHour: &quota},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// errorItem makes an item of an issue of errors.
func errorItem(projectID int64, id string, at time.Time, user string, parts ...string) *groupingv1.Item {
	item := &groupingv1.OccurrenceItem{Type: 1, Title: "Error in " + parts[0], Event: &issuesv1.Event{
		EventId: id, SeenTime: timestamppb.New(at), Environment: "production", User: &issuesv1.User{Id: user},
	}}
	for _, part := range parts {
		item.Hashes = append(item.Hashes, fmt.Sprintf("%x", md5.Sum([]byte(part))))
	}
	return &groupingv1.Item{
		ProjectId: projectID, ItemId: id, ItemTime: timestamppb.New(at), ReceivedTime: timestamppb.New(at),
		Kind: &groupingv1.Item_Occurrence{Occurrence: item},
	}
}

func newItemID() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }

// assign judges items once.
func (r *replicas) assign(ctx context.Context, replica int, items ...*groupingv1.Item) ([]*groupingv1.Judgement, error) {
	resp, err := r.clients[replica%len(r.clients)].AssignGroups(ctx, &groupingv1.AssignGroupsRequest{Items: items})
	if err != nil {
		return nil, err
	}
	judgements := make([]*groupingv1.Judgement, len(items))
	for i, result := range resp.GetResults() {
		if result.GetError() != nil {
			return nil, status.FromProto(result.GetError()).Err()
		}
		judgements[i] = result.GetJudgement()
	}
	return judgements, nil
}

// audits are statements that find what does not add up.
var audits = map[string]string{
	"counters that are not those of the hashes": `
SELECT c.group_id FROM group_counters c JOIN groups g ON g.project_id = c.project_id AND g.id = c.group_id AND g.status < 3
LEFT JOIN LATERAL (SELECT sum(x.times_seen) AS n, max(x.last_seen) AS last, count(*) AS hashes FROM group_hashes h
    JOIN hash_counters x ON x.project_id = h.project_id AND x.hash = h.hash
    WHERE h.project_id = c.project_id AND h.group_id = c.group_id) s ON true
WHERE c.times_seen IS DISTINCT FROM s.n OR c.last_seen IS DISTINCT FROM s.last OR c.hashes IS DISTINCT FROM s.hashes`,
	"events that are not where they are counted": `
SELECT c.group_id FROM group_counters c JOIN groups g ON g.project_id = c.project_id AND g.id = c.group_id AND g.status < 3
WHERE c.times_seen <> (SELECT count(*) FROM event_index e WHERE e.project_id = c.project_id AND e.group_id = c.group_id)
   OR c.times_seen <> (SELECT sum(events) FROM group_days d WHERE d.project_id = c.project_id AND d.group_id = c.group_id)`,
	"users that are not those of the events": `
SELECT c.group_id FROM group_counters c JOIN groups g ON g.project_id = c.project_id AND g.id = c.group_id AND g.status < 3
WHERE c.users_seen <> (SELECT count(DISTINCT user_key) FROM event_index e WHERE e.project_id = c.project_id AND e.group_id = c.group_id)
   OR c.users_seen <> (SELECT count(DISTINCT user_key) FROM group_users u WHERE u.project_id = c.project_id AND u.group_id = c.group_id)`,
	"counts by environment that are not those of the events": `
SELECT group_id FROM grouping_read.issue_environment_counts c FULL JOIN (
    SELECT project_id, group_id, environment, count(*) AS events, count(DISTINCT nullif(user_key, '')) AS users
    FROM event_index GROUP BY 1, 2, 3
) e USING (project_id, group_id, environment) JOIN groups g USING (project_id)
WHERE g.id = group_id AND g.status < 3 AND (c.events, c.users) IS DISTINCT FROM (e.events, e.users)`,
	"events in the group of another hash": `
SELECT e.item_id FROM event_index e JOIN group_hashes h ON h.project_id = e.project_id AND h.hash = e.hash
JOIN groups g ON g.project_id = e.project_id AND g.id = e.group_id AND g.status < 3
WHERE h.group_id <> e.group_id`,
	"rows left in what was merged": `
SELECT g.id FROM groups g WHERE g.status = 5 AND (
    EXISTS (SELECT FROM event_index e WHERE e.project_id = g.project_id AND e.group_id = g.id)
    OR EXISTS (SELECT FROM group_days d WHERE d.project_id = g.project_id AND d.group_id = g.id)
    OR EXISTS (SELECT FROM group_users u WHERE u.project_id = g.project_id AND u.group_id = g.id)
    OR EXISTS (SELECT FROM group_hashes h WHERE h.project_id = g.project_id AND h.group_id = g.id))`,
	"merged issues that are to be found": `
SELECT g.id FROM moves m JOIN groups g ON g.project_id = m.project_id AND g.id = m.source_id WHERE m.kind = 1 AND g.status < 3`,
	"items that are neither indexed nor erased": `
SELECT j.item_id FROM judged_items j WHERE j.outcome = 1
   AND NOT EXISTS (SELECT FROM event_index e WHERE e.project_id = j.project_id AND e.item_id = j.item_id)
   AND NOT EXISTS (SELECT FROM erased_events x WHERE x.project_id = j.project_id AND x.item_id = j.item_id)`,
}

// audit fails the test when something does not add up, or Postgres has seen a deadlock. Nothing is under way any more.
func (r *replicas) audit(t *testing.T) {
	t.Helper()
	eventually(t, recovery, "what was merged has moved", func() bool {
		var moving int
		err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM moves WHERE step < 5`).Scan(&moving)
		return err == nil && moving == 0
	})
	for name, statement := range audits {
		var n int
		if err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM (`+statement+`) wrong`).Scan(&n); err != nil || n > 0 {
			t.Errorf("%s: %d: %v", name, n, err)
		}
	}
	var database string
	var deadlocks int // since the server's last crash; its log knows of those before
	const selectDeadlocks = `SELECT datname, deadlocks FROM pg_stat_database WHERE datname = current_database()`
	if err := r.pool.QueryRow(t.Context(), selectDeadlocks).Scan(&database, &deadlocks); err != nil || deadlocks > 0 {
		t.Errorf("%d deadlocks: %v", deadlocks, err)
	}
	if r.log == "" {
		return
	}
	if found := testdb.Deadlocks(t, r.log, database); len(found) > 0 {
		t.Errorf("%d deadlocks in the log, the first at %s", len(found), found[0])
	}
}

func TestAThousandFirstSightingsInFourProcessesMakeOneIssue(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 4, testdb.New(t).URL(provision.Grouping), testdb.Log())
	const callers = 1000
	var calling sync.WaitGroup
	began := make(chan struct{})
	for caller := range callers {
		calling.Go(func() {
			item := errorItem(1, newItemID(), time.Now().UTC().Truncate(time.Microsecond), fmt.Sprint(caller%100), "a", "b")
			<-began
			if _, err := r.assign(t.Context(), caller, item); err != nil {
				t.Error(err)
			}
		})
	}
	close(began)
	calling.Wait()
	var issues, seen, users, hashes int
	err := r.pool.QueryRow(t.Context(), `
SELECT (SELECT count(*) FROM groups), (SELECT sum(times_seen) FROM group_counters), (SELECT sum(users_seen) FROM group_counters),
       (SELECT count(*) FROM group_hashes)`).Scan(&issues, &seen, &users, &hashes)
	if err != nil || issues != 1 || seen != callers || users != 100 || hashes != 2 {
		t.Errorf("%d issues, seen %d times by %d users, %d hashes: %v", issues, seen, users, hashes, err)
	}
	r.audit(t)
}

// Items of a few fingerprints come while their issues are merged, taken apart, deleted and changed.
func TestItemsRaceWithMergesDeletionsAndChanges(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 4, testdb.New(t).URL(provision.Grouping), testdb.Log())
	const senders, items, parts = 100, 12, 8
	ctx, finish := context.WithCancel(t.Context())
	defer finish()
	var groups [parts]atomic.Int64 // that were answered last
	newItem := func(user, part int) *groupingv1.Item {
		return errorItem(1, newItemID(), time.Now().UTC().Truncate(time.Microsecond), fmt.Sprint(user), fmt.Sprint("p", part), fmt.Sprint("q", part))
	}
	for part := range parts {
		judgements, err := r.assign(t.Context(), part, newItem(0, part))
		if err != nil {
			t.Fatal(err)
		}
		groups[part].Store(judgements[0].GetGroupId())
	}
	var sending, changing sync.WaitGroup
	var judged, again atomic.Int64
	changes := map[string]*atomic.Int64{}
	for _, kind := range []string{"deletion", "merge", "unmerge", "status change", "bulk update"} {
		changes[kind] = &atomic.Int64{}
	}
	metAll := func() bool {
		for kind, made := range changes {
			if made.Load() == 0 && kind != "unmerge" { // which needs a merge just before
				return false
			}
		}
		return true
	}
	for sender := range senders {
		sending.Go(func() {
			for n := 0; n < items || !metAll(); n++ { // in as little time as that takes, few changes may be made
				part := (sender + n) % parts
				item := newItem(sender, part)
				for {
					judgements, err := r.assign(t.Context(), sender, item)
					if err == nil {
						groups[part].Store(judgements[0].GetGroupId())
						judged.Add(1)
						break
					}
					if again.Add(1); status.Code(err) != codes.Unavailable || t.Context().Err() != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for changer := range 8 {
		changing.Go(func() {
			random := rand.New(rand.NewPCG(uint64(changer), 1))
			one := func() int64 { return groups[random.IntN(parts)].Load() }
			var lots []int // so that every kind is drawn soon, however few changes there is time for
			for ctx.Err() == nil {
				if len(lots) == 0 {
					lots = random.Perm(20)
				}
				lot := lots[0]
				lots = lots[1:]
				kind, err := r.changeOne(ctx, random, lot, changer, one(), one())
				switch status.Code(err) {
				case codes.OK:
					changes[kind].Add(1)
				case codes.Internal, codes.Unknown, codes.DataLoss:
					t.Error(err)
				}
			}
		})
	}
	sending.Wait()
	finish()
	changing.Wait()
	var accepted int64
	err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM judged_items WHERE outcome = 1`).Scan(&accepted)
	if want := parts + judged.Load(); err != nil || accepted != want {
		t.Errorf("%d accepted, want %d: %v", accepted, want, err)
	}
	for kind, made := range changes {
		t.Logf("%s: %d", kind, made.Load())
	}
	t.Logf("%d items were judged, sent again %d times", judged.Load(), again.Load())
	r.audit(t)
}

// changeOne makes a change whose kind one of 20 lots says.
func (r *replicas) changeOne(ctx context.Context, random *rand.Rand, n, changer int, a, b int64) (kind string, err error) {
	client := r.clients[changer%len(r.clients)]
	selection := &groupingv1.GroupSelection{ProjectId: 1, GroupIds: []int64{a}}
	switch {
	case n == 0:
		_, err = client.DeleteGroups(ctx, &groupingv1.DeleteGroupsRequest{Selections: []*groupingv1.GroupSelection{selection}})
		return "deletion", err
	case n < 6 && a != b:
		selection.GroupIds = append(selection.GroupIds, b)
		_, err = client.MergeGroups(ctx, &groupingv1.MergeGroupsRequest{Selection: selection})
		return "merge", err
	case n < 14:
		part := random.IntN(8)
		_, err = client.UnmergeHashes(ctx, &groupingv1.UnmergeHashesRequest{ProjectId: 1, GroupId: a, Hashes: []string{
			fmt.Sprintf("%x", md5.Sum([]byte(fmt.Sprint("p", part)))), fmt.Sprintf("%x", md5.Sum([]byte(fmt.Sprint("q", part)))),
		}})
		return "unmerge", err
	case n < 17:
		newStatus, newSubstatus := issuesv1.Status_STATUS_UNRESOLVED, issuesv1.Substatus_SUBSTATUS_ONGOING
		if n == 16 {
			newStatus, newSubstatus = issuesv1.Status_STATUS_RESOLVED, issuesv1.Substatus_SUBSTATUS_UNSPECIFIED
		}
		_, err = r.assign(ctx, changer, &groupingv1.Item{
			ProjectId: 1, ItemId: newItemID(), ReceivedTime: timestamppb.Now(), Kind: &groupingv1.Item_StatusChange{
				StatusChange: &groupingv1.StatusChangeItem{
					Hash: fmt.Sprintf("%x", md5.Sum([]byte(fmt.Sprint("p", random.IntN(8))))), NewStatus: newStatus, NewSubstatus: newSubstatus,
				},
			},
		})
		return "status change", err
	default:
		_, err = client.UpdateGroups(ctx, &groupingv1.UpdateGroupsRequest{
			Selections: []*groupingv1.GroupSelection{selection}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"status"}},
			Issue: &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED},
		})
		return "bulk update", err
	}
}
