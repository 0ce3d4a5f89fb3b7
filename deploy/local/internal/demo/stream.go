package demo

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

// message is one thing of the stream at its time: one of the two requests.
type message struct {
	at         time.Time
	occurrence *ingestv1.IngestOccurrenceRequest
	change     *ingestv1.IngestStatusChangeRequest
}

// stream gives the sample's messages in the order of time, moved to the days before the anchor.
func stream(anchor time.Time, projectID int64) ([]message, error) {
	entries, err := readSample[entry](streamSample)
	if err != nil {
		return nil, err
	}
	var messages []message
	for line, e := range entries {
		first := anchor.Add(time.Duration(e.At))
		if e.StatusChange != nil {
			messages = append(messages, message{at: first, change: e.statusChangeRequest(anchor, projectID, line)})
			continue
		}
		for number := range e.Count {
			at := first.Add(time.Duration(number) * time.Duration(e.Every))
			request, err := e.occurrenceRequest(anchor, at, projectID, line, number)
			if err != nil {
				return nil, fmt.Errorf("sample entry %d: %w", line+1, err)
			}
			messages = append(messages, message{at: at, occurrence: request})
		}
	}
	slices.SortStableFunc(messages, func(a, b message) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	return messages, nil
}

func (e entry) statusChangeRequest(anchor time.Time, projectID int64, line int) *ingestv1.IngestStatusChangeRequest {
	request := &ingestv1.IngestStatusChangeRequest{
		Id: stableID(anchor, "change", line).String(), ProjectId: projectID, Fingerprint: e.StatusChange.Fingerprint,
		NewStatus: issuesv1.Status(issuesv1.Status_value["STATUS_"+e.StatusChange.Status]),
	}
	if e.StatusChange.Substatus != "" {
		request.NewSubstatus = issuesv1.Substatus(issuesv1.Substatus_value["SUBSTATUS_"+e.StatusChange.Substatus])
	}
	return request
}

func (e entry) occurrenceRequest(anchor, at time.Time, projectID int64, line, number int) (*ingestv1.IngestOccurrenceRequest, error) {
	eventID := stableID(anchor, fmt.Sprintf("event %d", line), number).String()
	event, err := structpb.NewStruct(e.event(anchor, at, projectID, eventID, number))
	if err != nil {
		return nil, err
	}
	o := e.Occurrence
	request := &issuesv1.Occurrence{
		Id: stableID(anchor, fmt.Sprintf("occurrence %d", line), number).String(), ProjectId: projectID, EventId: eventID,
		Fingerprint: o.Fingerprint, IssueTitle: o.Title, Subtitle: o.Subtitle, Culprit: o.Culprit, Type: o.Type,
		DetectionTime: timestamppb.New(at), Level: issuesv1.Level(issuesv1.Level_value["LEVEL_"+strings.ToUpper(o.Level)]),
	}
	for name, value := range o.Evidence {
		request.EvidenceDisplay = append(request.EvidenceDisplay, &issuesv1.Evidence{Name: name, Value: value, Important: name == "Offending Spans"})
	}
	return &ingestv1.IngestOccurrenceRequest{Occurrence: request, EventBody: &ingestv1.IngestOccurrenceRequest_Event{Event: event}}, nil
}

func (e entry) event(anchor, at time.Time, projectID int64, eventID string, number int) map[string]any {
	event := map[string]any{
		"event_id": eventID, "project_id": projectID, "platform": e.Platform, "timestamp": at.Format(time.RFC3339Nano),
		"environment": turn(e.Environments, number), "tags": anyMap(e.Tags),
	}
	if release := turn(e.Releases, number); release != "" {
		event["release"] = release
	}
	if e.Transaction != "" {
		event["transaction"] = e.Transaction
	}
	if user := turn(e.Users, number); user != "" {
		event["user"] = map[string]any{"id": user}
	}
	if e.Trace != "" {
		event["contexts"] = map[string]any{"trace": map[string]any{
			"trace_id": fmt.Sprintf("%x", traceID(anchor, e.Trace)), "span_id": fmt.Sprintf("%x", spanID(anchor, e.Trace, e.Span)),
		}}
	}
	return event
}

func anyMap(texts map[string]string) map[string]any {
	values := make(map[string]any, len(texts))
	for name, text := range texts {
		values[name] = text
	}
	return values
}
