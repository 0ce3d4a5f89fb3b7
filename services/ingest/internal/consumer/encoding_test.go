package consumer_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

func request(t *testing.T, title string) string {
	t.Helper()
	value, err := proto.Marshal(&ingestv1.IngestOccurrenceRequest{
		Occurrence: &issuesv1.Occurrence{
			Id: hexID(), ProjectId: 1, Fingerprint: []string{"a"}, IssueTitle: title, Subtitle: "s", Type: 1001,
			DetectionTime: timestamppb.New(time.Now()),
		},
		EventBody: &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: []byte(`{"event_id": "` + hexID() + `", "platform": "go",
			"timestamp": "` + time.Now().UTC().Format(time.RFC3339) + `", "tags": {}}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(value)
}

func contentType(value string) kgo.RecordHeader {
	return kgo.RecordHeader{Key: "content-type", Value: []byte(value)}
}

func TestTheContentTypeTellsTheEncodingsApart(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	d.produceAsync(t, message("a", "json"))
	d.produceAsync(t, message("a", "said"), contentType("application/json; charset=utf-8"))
	d.produceAsync(t, request(t, "protobuf"), contentType("application/x-protobuf"))
	d.produceAsync(t, request(t, "not said"))
	d.produceAsync(t, message("a", "of another"), contentType("application/x-protobuf"))
	d.produceAsync(t, message("a", "unknown"), contentType("text/csv"))
	d.produceAsync(t, "", contentType("application/x-protobuf")) // an empty request: no occurrence
	d.consume(t)
	eventually(t, "all are committed", func() bool { return d.Committed(t) == 7 })
	if titles := d.titles(); titles != "json said protobuf" {
		t.Errorf("judged %q", titles)
	}
	reasons := map[int64]ingestv1.DeadLetterReason{}
	for _, letter := range d.deadLetters(t) {
		reasons[letter.GetOffset()] = letter.GetReason()
	}
	malformed, invalid := ingestv1.DeadLetterReason_DEAD_LETTER_REASON_MALFORMED, ingestv1.DeadLetterReason_DEAD_LETTER_REASON_INVALID
	for offset, want := range map[int64]ingestv1.DeadLetterReason{3: malformed, 4: malformed, 5: malformed, 6: invalid} {
		if reasons[offset] != want {
			t.Errorf("the record at %d became %v, want %v", offset, reasons[offset], want)
		}
	}
}
