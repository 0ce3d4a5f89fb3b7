package server

import (
	"encoding/json"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

func draftFromProto(req *ingestv1.IngestOccurrenceRequest) (ingest.Draft, error) {
	o := req.GetOccurrence()
	if err := o.GetDetectionTime().CheckValid(); err != nil {
		return ingest.Draft{}, fault.InvalidField("occurrence.detection_time", "is not a time")
	}
	level := levelFromProto(o.GetLevel()).String()
	draft := ingest.Draft{
		ID: o.GetId(), ProjectID: o.GetProjectId(), EventID: o.GetEventId(), Fingerprint: o.GetFingerprint(),
		Title: o.GetIssueTitle(), Subtitle: o.GetSubtitle(), ResourceID: o.ResourceId,
		Type: o.GetType(), DetectionTime: o.GetDetectionTime().AsTime(), Level: &level, Culprit: o.GetCulprit(),
		InitialPriority: issue.Priority(o.GetInitialIssuePriority()), Assignee: o.GetAssignee(),
		BufferedSpans: req.GetIsBufferedSpans(),
	}
	for _, line := range o.GetEvidenceDisplay() {
		draft.EvidenceDisplay = append(draft.EvidenceDisplay,
			ingest.Evidence{Name: line.GetName(), Value: line.GetValue(), Important: line.GetImportant()})
	}
	var err error
	if o.GetEvidenceData() != nil {
		if draft.EvidenceData, err = objectFromProto("occurrence.evidence_data", o.GetEvidenceData()); err != nil {
			return draft, err
		}
	}
	draft.Event, err = eventFromProto(req)
	return draft, err
}

// eventFromProto gives nil when the request has no event. An event may leave out the ids that the occurrence has.
func eventFromProto(req *ingestv1.IngestOccurrenceRequest) (map[string]any, error) {
	var event map[string]any
	var err error
	switch body := req.GetEventBody().(type) {
	case *ingestv1.IngestOccurrenceRequest_Event:
		event, err = objectFromProto("event", body.Event)
	case *ingestv1.IngestOccurrenceRequest_EventJson:
		if event, err = ingest.DecodeObject(body.EventJson); err != nil {
			err = fault.InvalidField("event_json", "%s", err)
		}
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if _, given := event["project_id"]; !given {
		event["project_id"] = json.Number(jsonInt(req.GetOccurrence().GetProjectId()))
	}
	return event, nil
}

// objectFromProto goes through JSON, so that both forms of an event are read by the same rules.
func objectFromProto(field string, s *structpb.Struct) (map[string]any, error) {
	content, err := protojson.Marshal(s)
	if err != nil {
		return nil, fault.InvalidField(field, "has no form in JSON")
	}
	return ingest.DecodeObject(content)
}

func requestField(field string) string {
	if field == "event" || strings.HasPrefix(field, "event.") {
		return field
	}
	return strings.TrimSuffix("occurrence."+field, ".")
}

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
	body := &structpb.Struct{}
	if err := protojson.Unmarshal(e.Body, body); err != nil {
		return nil, err
	}
	message.EventBody = &ingestv1.StoredEvent_Event{Event: body}
	return message, nil
}

func occurrenceToProto(o ingest.Occurrence) (*issuesv1.Occurrence, error) {
	evidence, err := structpb.NewStruct(o.EvidenceData)
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
