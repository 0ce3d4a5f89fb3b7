package request

import (
	"time"

	"google.golang.org/protobuf/proto"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

// ErrorEvent gives the item of a request that breaks none of the rules that the proto file states.
func ErrorEvent(req *ingestv1.IngestEventRequest, received time.Time) (ingest.Item, error) {
	if size := proto.Size(req); size > ingest.MaxMessageBytes {
		return ingest.Item{}, tooLarge(size)
	}
	draft, err := errorEventDraft(req)
	if err != nil {
		return ingest.Item{}, err
	}
	return draft.Item(received)
}

func errorEventDraft(req *ingestv1.IngestEventRequest) (draft ingest.ErrorEventDraft, err error) {
	draft = ingest.ErrorEventDraft{ProjectID: req.GetProjectId(), EventID: req.GetEventId()}
	switch body := req.GetEventBody().(type) {
	case *ingestv1.IngestEventRequest_Event:
		draft.Event, err = objectFromProto("event", body.Event)
	case *ingestv1.IngestEventRequest_EventJson:
		if draft.Event, err = ingest.DecodeObject(body.EventJson); err != nil {
			err = fault.InvalidField("event_json", "%s", err)
		}
	default:
		err = fault.InvalidField("event_body", "is required")
	}
	return draft, err
}
