package request

import (
	"encoding/json"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

func draftFromProto(req *ingestv1.IngestOccurrenceRequest) (ingest.Draft, error) {
	o := req.GetOccurrence()
	if err := o.GetDetectionTime().CheckValid(); err != nil {
		return ingest.Draft{}, fault.InvalidField("occurrence.detection_time", "is not a time")
	}
	level := Levels[o.GetLevel()].String()
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
		event["project_id"] = json.Number(strconv.FormatInt(req.GetOccurrence().GetProjectId(), 10))
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

// Levels have the meaning of each level of the contract.
var Levels = map[issuesv1.Level]issue.Level{
	issuesv1.Level_LEVEL_UNSPECIFIED: issue.DefaultLevel,
	issuesv1.Level_LEVEL_SAMPLE:      issue.Sample,
	issuesv1.Level_LEVEL_DEBUG:       issue.Debug,
	issuesv1.Level_LEVEL_INFO:        issue.Info,
	issuesv1.Level_LEVEL_WARNING:     issue.Warning,
	issuesv1.Level_LEVEL_ERROR:       issue.ErrorLevel,
	issuesv1.Level_LEVEL_FATAL:       issue.Fatal,
}
