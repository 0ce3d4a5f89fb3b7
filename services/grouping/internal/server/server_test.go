package server_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	provision "github.com/picket-io/picket/deploy/postgres"
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/grouping/internal/assign"
	"github.com/picket-io/picket/services/grouping/internal/lifecycle"
	"github.com/picket-io/picket/services/grouping/internal/limits"
	"github.com/picket-io/picket/services/grouping/internal/server"
	"github.com/picket-io/picket/services/grouping/internal/store"
	"github.com/picket-io/picket/test/testdb"
)

const retention = 90 * 24 * time.Hour

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// installation is a database with any number of replicas of the service before it.
type installation struct {
	db      *testdb.Database
	limit   *limits.Limits
	elapsed atomic.Int64 // since now, in nanoseconds
}

func (in *installation) now() time.Time { return now.Add(time.Duration(in.elapsed.Load())) }

// pass lets time pass.
func (in *installation) pass(d time.Duration) { in.elapsed.Add(int64(d)) }

type replica struct {
	groupingv1.GroupingServiceClient
	groupingv1.DirectoryServiceClient
	*lifecycle.Lifecycle
	store *store.Store
}

func newInstallation(t *testing.T) *installation {
	t.Helper()
	clock := func() time.Time { return now }
	limit := limits.New(testdb.Redis(t).Options(), time.Minute, clock)
	t.Cleanup(func() { limit.Close() })
	return &installation{db: testdb.New(t), limit: limit}
}

func (in *installation) replica(t *testing.T) replica {
	t.Helper()
	clock := in.now
	groups := store.New(in.pool(t), retention, clock)
	sweeps := lifecycle.New(groups, retention, clock)
	sweeps.MovePatience = time.Minute
	assigner, err := assign.New(groups, in.limit, sweeps.ReleaseArrived, slog.New(slog.DiscardHandler), clock)
	if err != nil {
		t.Fatal(err)
	}
	lis := bufconn.Listen(1 << 20)
	grpcServer := grpcserver.New(lis, 64<<20, slog.New(slog.DiscardHandler))
	groupingv1.RegisterGroupingServiceServer(grpcServer, server.NewGrouping(assigner, sweeps, groups))
	groupingv1.RegisterDirectoryServiceServer(grpcServer, server.NewDirectory(groups, sweeps, clock))
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- grpcServer.Run(ctx) }()
	conn, err := grpc.NewClient("passthrough:grouping", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	return replica{groupingv1.NewGroupingServiceClient(conn), groupingv1.NewDirectoryServiceClient(conn), sweeps, groups}
}

func (in *installation) pool(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return in.db.Pool(t, provision.Grouping)
}

// project makes organization 1 with project 1, whose slug is backend and whose quota lets every issue be made.
func (r replica) project(t *testing.T, settings *groupingv1.ProjectSettings) {
	t.Helper()
	one := int64(1)
	if _, err := r.CreateOrganization(t.Context(), &groupingv1.CreateOrganizationRequest{Slug: "acme", OrganizationId: &one}); err != nil {
		t.Fatal(err)
	}
	_, err := r.CreateProject(t.Context(), &groupingv1.CreateProjectRequest{OrganizationId: 1, Slug: "backend", ProjectId: &one, Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
}

// occurrence makes an item of the type of monitor failures, which no noise limit holds back.
func occurrence(at time.Time, fingerprint ...string) *groupingv1.Item {
	hashes := make([]string, len(fingerprint))
	for i, part := range fingerprint {
		sum := md5.Sum([]byte(part))
		hashes[i] = hex.EncodeToString(sum[:])
	}
	return &groupingv1.Item{
		ProjectId: 1, ItemId: newID(), ItemTime: timestamppb.New(at), ReceivedTime: timestamppb.New(now),
		Kind: &groupingv1.Item_Occurrence{Occurrence: &groupingv1.OccurrenceItem{
			Hashes: hashes, Type: 4001, Title: "title of " + fingerprint[0],
			Event: &issuesv1.Event{
				EventId: newID(), SeenTime: timestamppb.New(at), Environment: "production", Release: "backend@1.0",
				User: &issuesv1.User{Id: "7"}, Tags: []*issuesv1.Tag{{Key: "region", Value: "eu"}}, TraceId: newID(),
			},
		}},
	}
}

func statusChange(fingerprint string, status issuesv1.Status, substatus issuesv1.Substatus) *groupingv1.Item {
	hash := md5.Sum([]byte(fingerprint))
	return &groupingv1.Item{
		ProjectId: 1, ItemId: newID(), ReceivedTime: timestamppb.New(now),
		Kind: &groupingv1.Item_StatusChange{StatusChange: &groupingv1.StatusChangeItem{
			Hash: hex.EncodeToString(hash[:]), NewStatus: status, NewSubstatus: substatus,
		}},
	}
}

func newID() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }

func (r replica) assign(t *testing.T, items ...*groupingv1.Item) []*groupingv1.ItemResult {
	t.Helper()
	resp, err := r.AssignGroups(t.Context(), &groupingv1.AssignGroupsRequest{Items: items})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetResults()
}

func judgement(t *testing.T, result *groupingv1.ItemResult) *groupingv1.Judgement {
	t.Helper()
	if result.GetError() != nil {
		t.Fatalf("not judged: %v", result.GetError())
	}
	return result.GetJudgement()
}

func TestOccurrencesBecomeIssues(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	first, second, other := occurrence(now, "a", "a2"), occurrence(now.Add(-time.Hour), "a"), occurrence(now, "b")
	third := occurrence(now, "a2")

	results := r.assign(t, first, second, other, third)
	issueA := judgement(t, results[0])
	want := &groupingv1.Judgement{
		Outcome: issuesv1.Outcome_OUTCOME_ACCEPTED, GroupId: issueA.GetGroupId(), ShortId: "BACKEND-1", IsNew: true, KeepPayload: true,
	}
	if diff := cmp.Diff(want, issueA, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	for _, k := range []int{1, 3} {
		if j := judgement(t, results[k]); j.GetGroupId() != issueA.GetGroupId() || j.GetIsNew() {
			t.Errorf("item %d went to %v", k, j)
		}
	}
	if j := judgement(t, results[2]); j.GetShortId() != "BACKEND-2" || !j.GetIsNew() {
		t.Errorf("another fingerprint went to %v", j)
	}

	// As the search service sees it.
	type row struct {
		Title     string
		TimesSeen int64
		FirstSeen time.Time
		LastSeen  time.Time
		Events    int64
	}
	var got row
	reader := in.db.Pool(t, provision.SearchReader)
	err := reader.QueryRow(t.Context(), `
		SELECT title, times_seen, first_seen, last_seen,
		       (SELECT count(*) FROM events e WHERE e.project_id = i.project_id AND e.group_id = i.id AND e.tags @> '{"region":"eu"}')
		FROM issues i WHERE project_id = 1 AND id = $1`, issueA.GetGroupId()).
		Scan(&got.Title, &got.TimesSeen, &got.FirstSeen, &got.LastSeen, &got.Events)
	if err != nil {
		t.Fatal(err)
	}
	// first and third were seen at the same time: the text is of the one with the higher id.
	wantTitle := "title of a"
	if third.GetItemId() > first.GetItemId() {
		wantTitle = "title of a2"
	}
	if diff := cmp.Diff(row{wantTitle, 3, now.Add(-time.Hour), now, 3}, got); diff != "" {
		t.Error(diff)
	}
}

func TestARepeatGetsTheFirstAnswerEvenFromAnotherReplica(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	one, two := in.replica(t), in.replica(t)
	one.project(t, nil)
	item := occurrence(now, "a")
	first := judgement(t, one.assign(t, item)[0])
	again := judgement(t, two.assign(t, item)[0])
	first.Repeated = true
	if diff := cmp.Diff(first, again, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	change := statusChange("a", issuesv1.Status_STATUS_RESOLVED, 0)
	changed := judgement(t, one.assign(t, change)[0])
	if !changed.GetChanged() {
		t.Errorf("the status change answered %v", changed)
	}
	again = judgement(t, two.assign(t, change)[0])
	changed.Repeated = true
	if diff := cmp.Diff(changed, again, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestAnItemJudgedByTwoReplicasAtOnceCountsOnce(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	replicas := []replica{in.replica(t), in.replica(t), in.replica(t)}
	replicas[0].project(t, nil)
	for range 20 {
		item := occurrence(now, "a")
		var firsts atomic.Int64
		var group sync.WaitGroup
		for _, r := range replicas {
			group.Go(func() {
				resp, err := r.AssignGroups(t.Context(), &groupingv1.AssignGroupsRequest{Items: []*groupingv1.Item{item}})
				if err != nil || resp.GetResults()[0].GetError() != nil {
					t.Error(err, resp.GetResults()[0].GetError())
				} else if !resp.GetResults()[0].GetJudgement().GetRepeated() {
					firsts.Add(1)
				}
			})
		}
		group.Wait()
		if n := firsts.Load(); n != 1 {
			t.Errorf("an item was judged for the first time %d times", n)
		}
	}
}

func TestAThousandFirstSightingsMakeOneIssue(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	replicas := []replica{in.replica(t), in.replica(t), in.replica(t), in.replica(t)}
	replicas[0].project(t, nil)
	const callers, calls = 50, 20
	ids := make(chan int64, callers*calls)
	var group sync.WaitGroup
	for caller := range callers {
		r := replicas[caller%len(replicas)]
		group.Go(func() {
			for range calls {
				resp, err := r.AssignGroups(t.Context(), &groupingv1.AssignGroupsRequest{Items: []*groupingv1.Item{occurrence(now, "a", "b")}})
				if err != nil {
					t.Error(err)
					return
				}
				if e := resp.GetResults()[0].GetError(); e != nil {
					t.Error(e)
				}
				ids <- resp.GetResults()[0].GetJudgement().GetGroupId()
			}
		})
	}
	group.Wait()
	close(ids)
	distinct := map[int64]int{}
	for id := range ids {
		distinct[id]++
	}
	if len(distinct) != 1 {
		t.Fatalf("issues %v, want one", distinct)
	}
	var issues, timesSeen, events int64
	err := in.pool(t).QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM groups), (SELECT sum(times_seen) FROM group_counters), (SELECT count(*) FROM event_index)`).
		Scan(&issues, &timesSeen, &events)
	if err != nil || issues != 1 || timesSeen != callers*calls || events != callers*calls {
		t.Errorf("%d issues, seen %d times, %d events: %v", issues, timesSeen, events, err)
	}
}

// Such as after a part of a backup was restored.
func TestACounterOfShortIDsThatIsBehindIsRaised(t *testing.T) {
	t.Parallel()
	for _, behind := range []int{1, 2, 3} {
		in := newInstallation(t)
		r := in.replica(t)
		r.project(t, lotsOfIssues())
		r.makeGroups(t, "a", "b", "c", "d")
		if _, err := in.pool(t).Exec(t.Context(), `UPDATE short_id_counters SET value = value - $1`, behind); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"BACKEND-5", "BACKEND-6"} {
			if next := r.judge(t, occurrence(now, fmt.Sprint("e", i)))[0]; next.GetShortId() != want || !next.GetIsNew() {
				t.Errorf("%d behind: %v, want %s", behind, next, want)
			}
		}
	}
}

func TestALevelThatDoesNotExistIsNone(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	for level, want := range map[issuesv1.Level]int16{issuesv1.Level_LEVEL_UNSPECIFIED: -1, issuesv1.Level_LEVEL_SAMPLE: 0, issuesv1.Level_LEVEL_FATAL: 50} {
		item := occurrence(now, level.String())
		item.GetOccurrence().Level = level
		id := judgement(t, r.assign(t, item)[0]).GetGroupId()
		if got := r.read(t, id).GetLevel(); got != level {
			t.Errorf("an issue of %v has %v", level, got)
		}
		var stored int16
		if err := in.pool(t).QueryRow(t.Context(), `SELECT level FROM event_index WHERE group_id = $1`, id).Scan(&stored); err != nil || stored != want {
			t.Errorf("an event of %v has %d, want %d: %v", level, stored, want, err)
		}
	}
}
