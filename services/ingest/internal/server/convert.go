package server

import (
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

func verdictToProto(v ingest.Verdict) *ingestv1.IngestOccurrenceResponse {
	return &ingestv1.IngestOccurrenceResponse{
		Outcome: issuesv1.Outcome(v.Outcome), IssueId: v.GroupID, ShortId: v.ShortID, IsNew: v.IsNew,
		IsRegression: v.IsRegression, Repeated: v.Repeated,
	}
}

func errorToProto(err error) *ingestv1.IngestOccurrenceResult {
	return &ingestv1.IngestOccurrenceResult{Result: &ingestv1.IngestOccurrenceResult_Error{Error: grpcserver.StatusOf(err).Proto()}}
}

func eventToProto(e store.StoredEvent, format ingestv1.EventBodyFormat) (*ingestv1.StoredEvent, error) {
	message := &ingestv1.StoredEvent{
		ProjectId: e.ProjectID, EventId: e.EventID.String(), ItemTime: timestamppb.New(e.ItemTime),
		ReceivedTime: timestamppb.New(e.Received),
	}
	if format == ingestv1.EventBodyFormat_EVENT_BODY_FORMAT_JSON {
		message.EventBody = &ingestv1.StoredEvent_EventJson{EventJson: e.Body}
		return message, nil
	}
	tree, err := ingest.DecodeObject(e.Body)
	if err != nil {
		return nil, err
	}
	body, err := structOf(tree)
	if err != nil {
		return nil, err
	}
	message.EventBody = &ingestv1.StoredEvent_Event{Event: body}
	return message, nil
}

// structOf gives decoded JSON as a structure, whose numbers are doubles.
func structOf(object map[string]any) (*structpb.Struct, error) {
	ingest.WithoutHugeNumbers(object)
	return structpb.NewStruct(object)
}

func occurrenceToProto(o ingest.Occurrence) (*issuesv1.Occurrence, error) {
	evidence, err := structOf(o.EvidenceData)
	if err != nil {
		return nil, err
	}
	message := &issuesv1.Occurrence{
		Id: o.ID.String(), ProjectId: o.ProjectID, EventId: o.EventID.String(), Fingerprint: o.Fingerprint,
		IssueTitle: o.Title, Subtitle: o.Subtitle, ResourceId: o.ResourceID, EvidenceData: evidence, Type: o.Type,
		DetectionTime: timestamppb.New(o.DetectionTime), Level: levelToProto(o.Level), Culprit: o.Culprit,
		InitialIssuePriority: issuesv1.Priority(o.InitialPriority), Assignee: o.Assignee,
	}
	for _, line := range o.EvidenceDisplay {
		message.EvidenceDisplay = append(message.EvidenceDisplay,
			&issuesv1.Evidence{Name: line.Name, Value: line.Value, Important: line.Important})
	}
	return message, nil
}
