package request

import (
	"mime"
	"time"

	"google.golang.org/protobuf/proto"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

// ContentTypeHeader is the header of a Kafka record that says how its value is encoded.
const ContentTypeHeader = "content-type"

// The encodings of a Kafka record. Without the header it is JSON.
const (
	ContentTypeJSON     = "application/json"       // a message as ingest.ReadMessage takes it
	ContentTypeProtobuf = "application/x-protobuf" // an IngestOccurrenceRequest
)

// ReadRecord reads the value of a Kafka record of a content type. A status change without an id gets the fallback.
// With an error, the item has at most its project.
func ReadRecord(contentType string, value []byte, fallback ingest.ID, received time.Time) (ingest.Item, error) {
	if contentType == "" {
		return ingest.ReadMessage(value, fallback, received)
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	switch {
	case err == nil && mediaType == ContentTypeJSON:
		return ingest.ReadMessage(value, fallback, received)
	case err == nil && mediaType == ContentTypeProtobuf:
		return readProtobuf(value, received)
	default:
		return ingest.Item{}, malformed("the %s %q is not known, only %s and %s are", ContentTypeHeader, contentType,
			ContentTypeJSON, ContentTypeProtobuf)
	}
}

func readProtobuf(value []byte, received time.Time) (ingest.Item, error) {
	req := &ingestv1.IngestOccurrenceRequest{}
	if err := proto.Unmarshal(value, req); err != nil {
		return ingest.Item{}, malformed("the value is not an encoded %s", req.ProtoReflect().Descriptor().FullName())
	}
	item, err := Checked(req, received)
	if err != nil {
		return ingest.Item{ProjectID: max(0, req.GetOccurrence().GetProjectId())}, err
	}
	return item, nil
}

func malformed(format string, args ...any) error {
	err := fault.InvalidField("", format, args...)
	err.Reason = ingest.ReasonMalformed
	return err
}
