package pipeline

import (
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

func itemToProto(item ingest.Item, event *ingest.SearchableEvent, retention time.Duration) *groupingv1.Item {
	message := &groupingv1.Item{
		ProjectId: item.ProjectID, ItemId: item.ID.String(), ReceivedTime: timestamppb.New(item.Received),
	}
	if item.Kind == ingest.KindStatusChange {
		message.Kind = &groupingv1.Item_StatusChange{StatusChange: statusChangeToProto(item.StatusChange)}
		return message
	}
	message.ItemTime = timestamppb.New(item.Time)
	if item.Kind == ingest.KindErrorEvent {
		errorEvent := errorEventToProto(item.ErrorEvent)
		errorEvent.Event = eventToProto(item, event, retention)
		message.Kind = &groupingv1.Item_ErrorEvent{ErrorEvent: errorEvent}
		return message
	}
	occurrence := occurrenceToProto(item.Occurrence)
	occurrence.Event = eventToProto(item, event, retention)
	message.Kind = &groupingv1.Item_Occurrence{Occurrence: occurrence}
	return message
}

func statusChangeToProto(change *ingest.StatusChange) *groupingv1.StatusChangeItem {
	return &groupingv1.StatusChangeItem{
		Hash:         change.Hash,
		NewStatus:    issuesv1.Status(change.Status) + issuesv1.Status_STATUS_UNRESOLVED,
		NewSubstatus: issuesv1.Substatus(change.Substatus),
	}
}

func occurrenceToProto(o *ingest.Occurrence) *groupingv1.OccurrenceItem {
	metadata, err := structpb.NewStruct(o.Metadata())
	if err != nil { // not possible: they are decoded JSON whose numbers doubles hold
		metadata = nil
	}
	return &groupingv1.OccurrenceItem{
		Hashes: o.Fingerprint, Type: o.Type, Title: o.Title, Subtitle: o.Subtitle, Culprit: o.Culprit,
		Level: levelToProto(o.Level), InitialPriority: issuesv1.Priority(o.InitialPriority), Assignee: o.Assignee,
		Metadata: metadata,
	}
}

func errorEventToProto(e *ingest.ErrorEvent) *groupingv1.ErrorEventItem {
	inputs, err := structpb.NewStruct(e.HashingInputs)
	if err != nil { // not possible: they were brought into texts, doubles and booleans
		inputs = nil
	}
	return &groupingv1.ErrorEventItem{Fingerprint: e.Fingerprint, Checksum: e.Checksum, HashingInputs: inputs}
}

func eventToProto(item ingest.Item, event *ingest.SearchableEvent, retention time.Duration) *issuesv1.Event {
	message := &issuesv1.Event{
		EventId:      item.EventID().String(),
		SeenTime:     timestamppb.New(ingest.SeenTime(event.Time, item, retention)),
		ReceivedTime: timestamppb.New(item.Received),
		Platform:     event.Platform, Level: levelToProto(event.Level), Environment: event.Environment,
		Release: event.Release, Dist: event.Dist, Message: event.Message, Transaction: event.Transaction,
		User: &issuesv1.User{
			Id: event.User.ID, Email: event.User.Email, Username: event.User.Username, IpAddress: event.User.IPAddress,
		},
		TraceId: event.TraceID, SpanId: event.SpanID, SdkName: event.SDKName, SdkVersion: event.SDKVersion,
		Fields: fieldsToProto(event.Fields), Errors: errorsToProto(event.Errors), Stack: stackToProto(event.Stack),
	}
	for _, tag := range event.Tags {
		message.Tags = append(message.Tags, &issuesv1.Tag{Key: tag.Key, Value: tag.Value})
	}
	return message
}

func fieldsToProto(fields []ingest.Field) []*issuesv1.EventField {
	messages := make([]*issuesv1.EventField, len(fields))
	for i, f := range fields {
		messages[i] = &issuesv1.EventField{Name: f.Name}
		switch value := f.Value.(type) {
		case string:
			messages[i].Value = &issuesv1.EventField_Text{Text: value}
		case float64:
			messages[i].Value = &issuesv1.EventField_Number{Number: value}
		}
	}
	return messages
}

func errorsToProto(e ingest.Errors) *issuesv1.EventErrors {
	if len(e.Types)+len(e.Values)+len(e.Mechanisms) == 0 && !e.Unhandled && e.MainThread == nil {
		return nil
	}
	return &issuesv1.EventErrors{
		Types: e.Types, Values: e.Values, Mechanisms: e.Mechanisms, Unhandled: e.Unhandled, MainThread: e.MainThread,
	}
}

func stackToProto(s ingest.Stack) *issuesv1.EventStack {
	if len(s.Levels) == 0 {
		return nil
	}
	return &issuesv1.EventStack{
		AbsPaths: s.AbsPaths, Filenames: s.Filenames, Functions: s.Functions, Modules: s.Modules, Packages: s.Packages,
		Lines: s.Lines, Columns: s.Columns, Levels: s.Levels, InApp: s.InApp, NotInApp: s.NotInApp,
	}
}

var levelsToProto = map[issue.Level]issuesv1.Level{
	issue.NoLevel: issuesv1.Level_LEVEL_UNSPECIFIED,
	issue.Sample:  issuesv1.Level_LEVEL_SAMPLE, issue.Debug: issuesv1.Level_LEVEL_DEBUG,
	issue.Info: issuesv1.Level_LEVEL_INFO, issue.Warning: issuesv1.Level_LEVEL_WARNING,
	issue.ErrorLevel: issuesv1.Level_LEVEL_ERROR, issue.Fatal: issuesv1.Level_LEVEL_FATAL,
}

func levelToProto(level issue.Level) issuesv1.Level { return levelsToProto[level] }

func verdictFromProto(j *groupingv1.Judgement) ingest.Verdict {
	return ingest.Verdict{
		Outcome: issue.Outcome(j.GetOutcome()), GroupID: j.GetGroupId(), ShortID: j.GetShortId(), IsNew: j.GetIsNew(),
		IsRegression: j.GetIsRegression(), Changed: j.GetChanged(), Repeated: j.GetRepeated(),
	}
}
