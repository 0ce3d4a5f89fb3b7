package ingesttest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/fault"
)

// The projects that exist; every other does not.
const (
	Project      int64 = 1
	OtherProject int64 = 2
)

// Titles of occurrences that the grouping service treats in a way of their own.
const (
	Poison    = "poison"    // breaks the whole call
	Refused   = "refused"   // the item alone is refused
	Discarded = "discarded" // dropped, and its payload not wanted
	Ancient   = "ancient"   // below the floor of what grouping keeps: nothing is remembered of it
)

// Grouping is the grouping service in memory: an issue per project and hash, each item judged once.
type Grouping struct {
	groupingv1.UnimplementedGroupingServiceServer
	groupingv1.UnimplementedDirectoryServiceServer

	mu       sync.Mutex
	down     bool
	gate     chan struct{} // calls wait for its end; nil: they do not
	behind   int           // that wait
	locked   map[int64]bool
	calls    int
	turned   int
	lose     int // every so many calls the answer is lost; 0: none
	settings *groupingv1.ProjectSettings
	judged   map[string]*groupingv1.Judgement
	counts   map[outcomeKey]int64
	groups   map[string]int64
	items    []*groupingv1.Item
	erased   []*groupingv1.ErasedEvent
	asked    int // for erased events
	tokens   string
}

func newGrouping() *Grouping {
	return &Grouping{
		locked: map[int64]bool{}, judged: map[string]*groupingv1.Judgement{}, counts: map[outcomeKey]int64{}, groups: map[string]int64{},
	}
}

// SetDown makes every call of AssignGroups UNAVAILABLE, or ends that.
func (g *Grouping) SetDown(down bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down = down
}

// Block makes calls of AssignGroups wait until release is called.
func (g *Grouping) Block() (release func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	gate := make(chan struct{})
	g.gate = gate
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.gate = nil
		close(gate)
	}
}

// Waiting gives how many calls wait.
func (g *Grouping) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.behind
}

func (g *Grouping) pass() {
	g.mu.Lock()
	gate := g.gate
	if gate == nil {
		g.mu.Unlock()
		return
	}
	g.behind++
	g.mu.Unlock()
	<-gate
	g.mu.Lock()
	g.behind--
	g.mu.Unlock()
}

// SetLocked makes the items of a project UNAVAILABLE, as when somebody else holds its locks, or ends that.
func (g *Grouping) SetLocked(project int64, locked bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.locked[project] = locked
}

// Turned gives how many calls were turned down.
func (g *Grouping) Turned() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.turned
}

// LoseAnswers makes the answer of every nth call of AssignGroups UNAVAILABLE though its items have been judged.
func (g *Grouping) LoseAnswers(every int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lose = every
}

// SetSettings sets those of the project. Do so before it is looked up.
func (g *Grouping) SetSettings(settings *groupingv1.ProjectSettings) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settings = settings
}

// Judged gives the items that were judged, once each, in the order in which that happened.
func (g *Grouping) Judged() []*groupingv1.Item {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]*groupingv1.Item(nil), g.items...)
}

func (g *Grouping) GetProject(_ context.Context, req *groupingv1.GetProjectRequest) (*groupingv1.GetProjectResponse, error) {
	if id := req.GetProjectId(); id != Project && id != OtherProject {
		return nil, fault.Missing("project", id)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return &groupingv1.GetProjectResponse{Project: &groupingv1.Project{
		Id: req.GetProjectId(), OrganizationId: 1, Slug: "backend", Settings: g.settings,
	}}, nil
}

func (g *Grouping) AssignGroups(_ context.Context, req *groupingv1.AssignGroupsRequest) (*groupingv1.AssignGroupsResponse, error) {
	g.pass()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.down {
		g.turned++
		return nil, status.Error(codes.Unavailable, "down")
	}
	for _, item := range req.GetItems() {
		if item.GetOccurrence().GetTitle() == Poison {
			return nil, status.Error(codes.Internal, "poisoned")
		}
	}
	resp := &groupingv1.AssignGroupsResponse{}
	for _, item := range req.GetItems() {
		resp.Results = append(resp.Results, g.judge(item))
	}
	if g.calls++; g.lose > 0 && g.calls%g.lose == 0 {
		return nil, status.Error(codes.Unavailable, "the answer is lost")
	}
	return resp, nil
}

type outcomeKey struct {
	project int64
	minute  time.Time
	outcome issuesv1.Outcome
}

func (g *Grouping) CountOutcomes(_ context.Context, req *groupingv1.CountOutcomesRequest) (*groupingv1.CountOutcomesResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	resp := &groupingv1.CountOutcomesResponse{}
	for key, count := range g.counts {
		if key.project == req.GetProjectId() && !key.minute.Before(req.GetStartTime().AsTime()) && key.minute.Before(req.GetEndTime().AsTime()) {
			resp.Counts = append(resp.Counts, &groupingv1.JudgedCount{Time: timestamppb.New(key.minute), Outcome: key.outcome, Count: count})
		}
	}
	return resp, nil
}

func (g *Grouping) judge(item *groupingv1.Item) *groupingv1.ItemResult {
	if item.GetOccurrence().GetTitle() == Refused {
		return &groupingv1.ItemResult{Result: &groupingv1.ItemResult_Error{
			Error: status.New(codes.InvalidArgument, "refused").Proto(),
		}}
	}
	if item.GetOccurrence().GetTitle() == Ancient {
		return &groupingv1.ItemResult{Result: &groupingv1.ItemResult_Judgement{Judgement: &groupingv1.Judgement{
			Outcome: issuesv1.Outcome_OUTCOME_DROPPED_TOO_OLD,
		}}}
	}
	if g.locked[item.GetProjectId()] {
		return &groupingv1.ItemResult{Result: &groupingv1.ItemResult_Error{
			Error: status.New(codes.Unavailable, "locked").Proto(),
		}}
	}
	key := fmt.Sprintf("%T %s %s", item.GetKind(), item.GetItemId(), item.GetItemTime())
	judgement, repeated := g.judged[key]
	if repeated && g.isErased(item) {
		judgement = &groupingv1.Judgement{Outcome: issuesv1.Outcome_OUTCOME_DROPPED_ERASED}
	}
	if !repeated {
		judgement = g.first(item)
		g.judged[key] = judgement
		g.items = append(g.items, item)
		g.counts[outcomeKey{item.GetProjectId(), item.GetReceivedTime().AsTime().Truncate(time.Minute), judgement.GetOutcome()}]++
	}
	return &groupingv1.ItemResult{Result: &groupingv1.ItemResult_Judgement{Judgement: &groupingv1.Judgement{
		Outcome: judgement.GetOutcome(), GroupId: judgement.GetGroupId(), ShortId: judgement.GetShortId(),
		IsNew: judgement.GetIsNew(), Changed: judgement.GetChanged(), KeepPayload: judgement.GetKeepPayload(), Repeated: repeated,
	}}}
}

func (g *Grouping) first(item *groupingv1.Item) *groupingv1.Judgement {
	if change := item.GetStatusChange(); change != nil {
		id, found := g.groups[change.GetHash()]
		if !found {
			return &groupingv1.Judgement{Outcome: issuesv1.Outcome_OUTCOME_DROPPED_ISSUE_NOT_FOUND}
		}
		return &groupingv1.Judgement{Outcome: issuesv1.Outcome_OUTCOME_ACCEPTED, GroupId: id, ShortId: shortID(id), Changed: true}
	}
	if item.GetOccurrence().GetTitle() == Discarded {
		return &groupingv1.Judgement{Outcome: issuesv1.Outcome_OUTCOME_DROPPED_DISCARDED}
	}
	hash := item.GetErrorEvent().GetHashingInputs().String()
	if item.GetErrorEvent() == nil {
		hash = item.GetOccurrence().GetHashes()[0]
	}
	id, found := g.groups[hash]
	if !found {
		id = int64(len(g.groups) + 1)
		g.groups[hash] = id
	}
	return &groupingv1.Judgement{
		Outcome: issuesv1.Outcome_OUTCOME_ACCEPTED, GroupId: id, ShortId: shortID(id), IsNew: !found, KeepPayload: true,
	}
}

func shortID(id int64) string { return fmt.Sprintf("BACKEND-%d", id) }
