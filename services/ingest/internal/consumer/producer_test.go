package consumer_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/producer"
)

func TestWhatTheProducerSendsIsJudgedInItsOrder(t *testing.T) {
	t.Parallel()
	d := start(t, 3)
	p, err := producer.New(producer.Config{Brokers: d.Brokers, Topic: d.Topic, MaxOutstanding: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	occurrence := func(title string) producer.Message {
		m, err := producer.Occurrence(&ingestv1.IngestOccurrenceRequest{
			Occurrence: &issuesv1.Occurrence{
				Id: hexID(), ProjectId: 1, Fingerprint: []string{"a"}, IssueTitle: title, Subtitle: "s", Type: 1001,
				DetectionTime: timestamppb.New(time.Now()),
			},
			EventBody: &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: []byte(`{"event_id": "` + hexID() + `",
				"platform": "go", "timestamp": "` + time.Now().UTC().Format(time.RFC3339) + `", "tags": {}}`)},
		})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	change, err := producer.StatusChange(&ingestv1.IngestStatusChangeRequest{
		Id: hexID(), ProjectId: 1, Fingerprint: []string{"a"}, NewStatus: issuesv1.Status_STATUS_RESOLVED,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Send(t.Context(), occurrence("one")); err != nil {
		t.Fatal(err)
	}
	for _, title := range []string{"two", "three", "four", "five"} { // more than may be on their way
		p.SendAsync(t.Context(), occurrence(title), func(err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	p.SendAsync(t.Context(), change, nil)
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.consume(t)
	eventually(t, "all are committed", func() bool { return d.Committed(t) == 6 })
	judged := d.Grouping.Judged()
	if titles := d.titles(); titles != "one two three four five " || judged[5].GetStatusChange().GetNewStatus() != issuesv1.Status_STATUS_RESOLVED {
		t.Errorf("judged %q, then %v; dead letters %v", titles, judged[len(judged)-1], d.deadLetters(t))
	}
}
