package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/test/testkafka"
)

// The property is checked on so many draws, from E2E_SEED on if that is given. More are drawn with E2E_DRAWS=100.
const defaultDraws = 2

const (
	cleanProject  int64 = 1
	faultyProject int64 = 2
	maxParcels          = 25 // of a phase
	phases              = 3
	steps               = 1000 // between the times of a phase's items
)

// parcel is one item with the key that orders it. Exactly one of its contents is set.
type parcel struct {
	key        string
	occurrence *ingestv1.IngestOccurrenceRequest
	change     *ingestv1.IngestStatusChangeRequest
	malformed  string
}

// verdict is how an item was judged, wherever it is asked about.
type verdict struct {
	Outcome                     issuesv1.Outcome
	New, Regressed, Changed     bool
	Repeated, Stored, StoredToo bool
}

// leftovers is all that parcels leave behind in a project.
type leftovers struct {
	Verdicts    map[string]verdict // by item
	Issues      map[string]*issuesv1.Issue
	Activities  map[string][]string // kinds, by issue
	DeadLetters []string
}

// TestAnyInterleavingEndsLikeACleanRun sends what is drawn to two projects of one installation: to one over gRPC, once and
// in order; to the other over Kafka, in any order that keeps that of each key, some of it again, while services are
// killed. What is drawn for a phase was seen after the status changes of the phases before took effect, and before those
// of its own do: so issues come back, and always the same ones.
func TestAnyInterleavingEndsLikeACleanRun(t *testing.T) {
	t.Parallel()
	kafka := testkafka.New(t, 3)
	s := newStack(t, kafka.Brokers[0], door(kafka)...)
	two := faultyProject
	_, err := s.directory.CreateProject(t.Context(), &groupingv1.CreateProjectRequest{OrganizationId: 1, Slug: "faulty", ProjectId: &two})
	if err != nil {
		t.Fatal(err)
	}
	seed, draws := uint64(number(t, "E2E_SEED", time.Now().UnixNano())), number(t, "E2E_DRAWS", defaultDraws)
	for draw := range uint64(draws) {
		t.Logf("E2E_SEED=%d", seed+draw)
		random := rand.New(rand.NewPCG(seed+draw, 0))
		parcels := s.runPhases(t, random, kafka)
		clean, faulty := s.leftovers(t, cleanProject, parcels), s.leftovers(t, faultyProject, parcels)
		if !slices.ContainsFunc(slices.Collect(maps.Values(clean.Verdicts)), func(v verdict) bool { return v.Regressed }) {
			t.Error("no issue came back")
		}
		if diff := cmp.Diff(clean, faulty, cmp.Comparer(proto.Equal)); diff != "" {
			t.Fatalf("with E2E_SEED=%d: %s", seed+draw, diff)
		}
	}
}

func number(t *testing.T, name string, otherwise int64) int64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// runPhases gives what was drawn, when everything of it is done.
func (s *stack) runPhases(t *testing.T, random *rand.Rand, kafka *testkafka.Kafka) (parcels []parcel) {
	t.Helper()
	prefix := uuid.NewString()[:8]
	// An issue that comes back in the second phase, whatever is drawn.
	sure := prefix + " sure"
	began := time.Now().Add(-time.Hour).Truncate(time.Microsecond)
	resolve := &ingestv1.IngestStatusChangeRequest{
		Id: uuid.NewString(), Fingerprint: []string{sure}, NewStatus: issuesv1.Status_STATUS_RESOLVED,
	}
	drawn := append(drawParcels(t, random, prefix, began, time.Second),
		parcel{key: sure, occurrence: occurrenceAt(t, sure, began)}, parcel{key: sure, change: resolve})
	for phase := range phases {
		if phase > 0 { // seen now, in steps of a microsecond, and sent when that is past
			began = time.Now().Truncate(time.Microsecond)
			drawn = append(drawParcels(t, random, prefix, began, time.Microsecond), parcel{key: sure, occurrence: occurrenceAt(t, sure, began)})
			<-time.After(time.Until(began.Add(steps * time.Microsecond)))
		}
		s.runClean(t, drawn)
		s.runFaulty(t, random, kafka, parcels, drawn)
		parcels = append(parcels, drawn...)
	}
	return parcels
}

// drawParcels draws items that were seen some steps after a time.
func drawParcels(t *testing.T, random *rand.Rand, prefix string, began time.Time, step time.Duration) []parcel {
	t.Helper()
	parcels := make([]parcel, 5+random.IntN(maxParcels-5))
	for i := range parcels {
		p := parcel{key: fmt.Sprintf("%s %d", prefix, random.IntN(4))}
		switch kind := random.IntN(10); {
		case kind < 6:
			p.occurrence = occurrenceAt(t, p.key, began.Add(time.Duration(random.IntN(steps))*step))
		case kind == 6:
			p.occurrence = occurrenceAt(t, p.key, began.AddDate(-1, 0, 0)) // too old
		case kind == 7:
			p.malformed = "{" + uuid.NewString()
		default:
			p.change = drawChange(random, p.key)
		}
		parcels[i] = p
	}
	return parcels
}

func occurrenceAt(t *testing.T, key string, at time.Time) *ingestv1.IngestOccurrenceRequest {
	t.Helper()
	req := occurrence(t, key, someTrace)
	req.Occurrence.DetectionTime = timestamppb.New(at)
	req.GetEvent().Fields["timestamp"] = structpb.NewStringValue(at.Format(time.RFC3339Nano))
	return req
}

func drawChange(random *rand.Rand, key string) *ingestv1.IngestStatusChangeRequest {
	change := &ingestv1.IngestStatusChangeRequest{Id: uuid.NewString(), Fingerprint: []string{key}, NewStatus: issuesv1.Status_STATUS_RESOLVED}
	switch random.IntN(3) {
	case 0:
		change.NewStatus, change.NewSubstatus = issuesv1.Status_STATUS_IGNORED, issuesv1.Substatus_SUBSTATUS_FOREVER
	case 1:
		change.NewStatus, change.NewSubstatus = issuesv1.Status_STATUS_UNRESOLVED, issuesv1.Substatus_SUBSTATUS_ONGOING
	}
	return change
}

// in gives the parcel for a project.
func (p parcel) in(project int64) parcel {
	if p.occurrence != nil {
		p.occurrence = proto.CloneOf(p.occurrence)
		p.occurrence.Occurrence.ProjectId = project
		p.occurrence.GetEvent().Fields["project_id"] = structpb.NewNumberValue(float64(project))
	}
	if p.change != nil {
		p.change = proto.CloneOf(p.change)
		p.change.ProjectId = project
	}
	return p
}

func (p parcel) record(t *testing.T) []byte {
	t.Helper()
	switch {
	case p.occurrence != nil:
		return message(t, p.occurrence)
	case p.change == nil:
		return []byte(p.malformed)
	}
	fields := map[string]any{
		"payload_type": "status_change", "id": p.change.GetId(), "project_id": p.change.GetProjectId(),
		"fingerprint": p.change.GetFingerprint(), "new_status": int(p.change.GetNewStatus()) - 1,
	}
	if substatus := p.change.GetNewSubstatus(); substatus != issuesv1.Substatus_SUBSTATUS_UNSPECIFIED {
		fields["new_substatus"] = int(substatus)
	}
	record, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// ask sends a parcel over gRPC and gives its item with the verdict; ok is false of what is no item.
func (s *stack) ask(t *testing.T, p parcel) (item string, v verdict, ok bool) {
	t.Helper()
	var err error
	switch {
	case p.occurrence != nil:
		var resp *ingestv1.IngestOccurrenceResponse
		resp, err = s.ingest.IngestOccurrence(t.Context(), p.occurrence)
		item = p.occurrence.GetOccurrence().GetId()
		v = verdict{Outcome: resp.GetOutcome(), New: resp.GetIsNew(), Regressed: resp.GetIsRegression(), Repeated: resp.GetRepeated()}
	case p.change != nil:
		var resp *ingestv1.IngestStatusChangeResponse
		resp, err = s.ingest.IngestStatusChange(t.Context(), p.change)
		item = p.change.GetId()
		v = verdict{Outcome: resp.GetOutcome(), Changed: resp.GetChanged(), Repeated: resp.GetRepeated()}
	default:
		return "", v, false
	}
	if err != nil {
		t.Fatal(err)
	}
	return item, v, true
}

func (s *stack) runClean(t *testing.T, parcels []parcel) {
	t.Helper()
	for _, p := range parcels {
		s.ask(t, p.in(cleanProject))
	}
}

// runFaulty sends parcels after earlier ones, which may come again.
func (s *stack) runFaulty(t *testing.T, random *rand.Rand, kafka *testkafka.Kafka, earlier, parcels []parcel) {
	t.Helper()
	queues, sent := map[string][]parcel{}, map[string]int{}
	for _, p := range earlier {
		queues[p.key] = append(queues[p.key], p.in(faultyProject))
		sent[p.key]++
	}
	var keys []string
	for _, p := range parcels {
		if !slices.Contains(keys, p.key) {
			keys = append(keys, p.key)
		}
		queues[p.key] = append(queues[p.key], p.in(faultyProject))
	}
	before, produced := kafka.Committed(t), int64(0)
	send := func(p parcel) {
		produce(t, kafka.Client, p.key, p.record(t))
		produced++
	}
	for len(keys) > 0 {
		i := random.IntN(len(keys))
		key := keys[i]
		send(queues[key][sent[key]])
		if sent[key]++; sent[key] == len(queues[key]) {
			keys = slices.Delete(keys, i, i+1)
		}
		if again := queues[key][random.IntN(sent[key])]; again.malformed == "" && random.IntN(4) == 0 {
			send(again)
		}
		if random.IntN(15) == 0 {
			victim := s.services[[]string{"ingest", "grouping"}[random.IntN(2)]]
			victim.kill(t)
			victim.start(t)
		}
	}
	eventually(t, recovery, "everything is committed", func() bool { return kafka.Committed(t)-before == produced })
	for _, name := range []string{"ingest", "grouping"} {
		s.services[name].awaitServing(t)
	}
}

func (s *stack) leftovers(t *testing.T, project int64, parcels []parcel) leftovers {
	t.Helper()
	left := leftovers{Verdicts: map[string]verdict{}, Issues: map[string]*issuesv1.Issue{}, Activities: map[string][]string{}}
	for _, p := range parcels {
		item, v, ok := s.ask(t, p.in(project))
		if !ok { // in the clean run nobody sends what is malformed: it is what is to be there
			left.DeadLetters = append(left.DeadLetters, p.malformed)
			continue
		}
		if p.occurrence != nil {
			_, err := s.ingest.GetOccurrence(t.Context(), &ingestv1.GetOccurrenceRequest{ProjectId: project, OccurrenceId: item})
			_, eventErr := s.ingest.GetEvent(t.Context(), &ingestv1.GetEventRequest{ProjectId: project, EventId: p.occurrence.GetOccurrence().GetEventId()})
			v.Stored, v.StoredToo = err == nil, eventErr == nil
		}
		left.Verdicts[item] = v
		s.addIssue(t, project, p.key, &left)
	}
	slices.Sort(left.DeadLetters)
	if project == faultyProject {
		left.DeadLetters = s.deadLetters(t, left.DeadLetters)
	}
	return left
}

// addIssue adds the issue of a key, without what is not the same in two projects and at two times.
func (s *stack) addIssue(t *testing.T, project int64, key string, left *leftovers) {
	t.Helper()
	query := fmt.Sprintf(`title:"Monitor failure: %s"`, key)
	resp, err := s.search.SearchIssues(t.Context(), &searchv1.SearchIssuesRequest{OrganizationId: 1, ProjectIds: []int64{project}, Query: &query})
	if err != nil || len(resp.GetIssues()) > 1 {
		t.Fatalf("%s: %v: %v", key, resp, err)
	}
	if len(resp.GetIssues()) == 0 || left.Issues[key] != nil {
		return
	}
	issue := resp.GetIssues()[0]
	left.Issues[key] = &issuesv1.Issue{
		Title: issue.GetTitle(), Status: issue.GetStatus(), Substatus: issue.GetSubstatus(), TimesSeen: issue.GetTimesSeen(),
		FirstSeen: issue.GetFirstSeen(), LastSeen: issue.GetLastSeen(), Matching: issue.GetMatching(),
	}
	activities, err := s.search.ListIssueActivities(t.Context(), &searchv1.ListIssueActivitiesRequest{OrganizationId: 1, IssueId: issue.GetId()})
	if err != nil {
		t.Fatal(err)
	}
	for _, activity := range activities.GetActivities() {
		left.Activities[key] = append(left.Activities[key], activity.GetType())
	}
}

// deadLetters gives the records of all letters that are there, as far as they are wanted, as often as they are there.
func (s *stack) deadLetters(t *testing.T, wanted []string) []string {
	t.Helper()
	var values []string
	for token := ""; ; {
		resp, err := s.ingest.ListDeadLetters(t.Context(), &ingestv1.ListDeadLettersRequest{PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, letter := range resp.GetDeadLetters() {
			if value := string(letter.GetRecordValue()); slices.Contains(wanted, value) || letter.GetProjectId() == faultyProject {
				values = append(values, value)
			}
		}
		if token = resp.GetNextPageToken(); token == "" {
			slices.Sort(values)
			return values
		}
	}
}
