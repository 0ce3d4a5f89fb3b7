package server

import (
	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/shortid"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

// itemFromProto maps an item whose rules were checked.
func itemFromProto(m *groupingv1.Item) (grouping.Item, error) {
	item := grouping.Item{ID: uuidOf(m.GetItemId()), ReceivedAt: m.GetReceivedTime().AsTime()}
	if change := m.GetStatusChange(); change != nil {
		item.StatusChange = &grouping.StatusChange{
			Hash: grouping.HashOf(change.GetHash()), Status: statusOf[change.GetNewStatus()], Substatus: issue.Substatus(change.GetNewSubstatus()),
		}
		return item, nil
	}
	if m.GetItemTime() == nil {
		return item, fault.InvalidField("item_time", "is required for everything but status changes")
	}
	item.Time = m.GetItemTime().AsTime()
	if event := m.GetErrorEvent(); event != nil {
		item.ErrorEvent = errorEventFromProto(event)
		return item, nil
	}
	occurrence, err := occurrenceFromProto(m.GetOccurrence())
	item.Occurrence = occurrence
	return item, err
}

func occurrenceFromProto(m *groupingv1.OccurrenceItem) (*grouping.Occurrence, error) {
	t, ok := issue.TypeByID(m.GetType())
	if !ok {
		return nil, fault.InvalidField("occurrence.type", "%d is not the id of a type", m.GetType())
	}
	hashes := make([]grouping.Hash, len(m.GetHashes()))
	for i, hash := range m.GetHashes() {
		hashes[i] = grouping.HashOf(hash)
	}
	return &grouping.Occurrence{
		Hashes: hashes, Type: t, Title: m.GetTitle(), Subtitle: m.GetSubtitle(), Culprit: m.GetCulprit(),
		Level: levelOf(m.GetLevel()), Priority: issue.Priority(m.GetInitialPriority()), Assignee: grouping.Assignee{Who: m.GetAssignee()},
		Metadata: m.GetMetadata().AsMap(), Event: eventFromProto(m.GetEvent()),
	}, nil
}

func eventFromProto(m *issuesv1.Event) grouping.Event {
	tags := make(map[string]string, len(m.GetTags()))
	for _, tag := range m.GetTags() {
		tags[tag.GetKey()] = tag.GetValue()
	}
	user := m.GetUser()
	return grouping.Event{
		ID: uuidOf(m.GetEventId()), SeenTime: m.GetSeenTime().AsTime(), Platform: m.GetPlatform(),
		Environment: m.GetEnvironment(), Release: m.GetRelease(), Dist: m.GetDist(), Message: m.GetMessage(),
		Transaction: m.GetTransaction(),
		User: grouping.User{
			ID: user.GetId(), Email: user.GetEmail(), Username: user.GetUsername(), IPAddress: user.GetIpAddress(),
		},
		TraceID: uuidOf(m.GetTraceId()), SpanID: m.GetSpanId(), SDKName: m.GetSdkName(), SDKVersion: m.GetSdkVersion(), Tags: tags,
		Fields: fieldsFromProto(m.GetFields()), Errors: errorsFromProto(m.GetErrors()), Stack: stackFromProto(m.GetStack()),
	}
}

func fieldsFromProto(messages []*issuesv1.EventField) map[string]any {
	fields := make(map[string]any, len(messages))
	for _, m := range messages {
		switch value := m.GetValue().(type) {
		case *issuesv1.EventField_Text:
			fields[m.GetName()] = value.Text
		case *issuesv1.EventField_Number:
			fields[m.GetName()] = value.Number
		}
	}
	return fields
}

func errorsFromProto(m *issuesv1.EventErrors) grouping.Errors {
	e := grouping.Errors{Types: m.GetTypes(), Values: m.GetValues(), Mechanisms: m.GetMechanisms(), Unhandled: m.GetUnhandled()}
	if m != nil {
		e.MainThread = m.MainThread
	}
	return e
}

func stackFromProto(m *issuesv1.EventStack) *grouping.Stack {
	if m == nil {
		return nil
	}
	return &grouping.Stack{
		AbsPaths: m.GetAbsPaths(), Filenames: m.GetFilenames(), Functions: m.GetFunctions(), Modules: m.GetModules(),
		Packages: m.GetPackages(), Lines: m.GetLines(), Columns: m.GetColumns(), Levels: m.GetLevels(),
		InApp: m.GetInApp(), NotInApp: m.GetNotInApp(),
	}
}

// uuidOf reads 32 hexadecimal digits, which the rules of the contract have checked; an empty text is no id.
func uuidOf(text string) uuid.UUID {
	id, _ := uuid.Parse(text)
	return id
}

var statusOf = map[issuesv1.Status]issue.Status{
	issuesv1.Status_STATUS_UNSPECIFIED:          -1, // no status: no pair with it is valid
	issuesv1.Status_STATUS_UNRESOLVED:           issue.Unresolved,
	issuesv1.Status_STATUS_RESOLVED:             issue.Resolved,
	issuesv1.Status_STATUS_IGNORED:              issue.Ignored,
	issuesv1.Status_STATUS_PENDING_DELETION:     issue.PendingDeletion,
	issuesv1.Status_STATUS_DELETION_IN_PROGRESS: issue.DeletionInProgress,
	issuesv1.Status_STATUS_PENDING_MERGE:        issue.PendingMerge,
	issuesv1.Status_STATUS_REPROCESSING:         issue.Reprocessing,
}

func levelOf(level issuesv1.Level) issue.Level {
	if level == issuesv1.Level_LEVEL_UNSPECIFIED {
		return issue.NoLevel
	}
	return issue.Level(10 * (level - issuesv1.Level_LEVEL_SAMPLE))
}

func judgementToProto(j grouping.Judgement, projectSlug string) *groupingv1.Judgement {
	m := &groupingv1.Judgement{
		Outcome: issuesv1.Outcome(j.Outcome), GroupId: j.GroupID, IsNew: j.IsNew, IsRegression: j.IsRegression,
		Changed: j.Changed, Repeated: j.Repeated, KeepPayload: j.KeepPayload(),
	}
	if j.ShortID != 0 {
		m.ShortId = shortid.Format(projectSlug, j.ShortID)
	}
	return m
}

func outcomeCountToProto(c store.OutcomeCount) *groupingv1.JudgedCount {
	return &groupingv1.JudgedCount{
		Time: timestamppb.New(c.Minute), Outcome: issuesv1.Outcome(c.Outcome), Count: c.Count,
	}
}
