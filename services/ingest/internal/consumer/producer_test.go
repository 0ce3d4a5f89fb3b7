package consumer_test

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/producer"
)

// largest is a message of a mebibyte that does not compress.
func largest(t *testing.T, title string) producer.Message {
	t.Helper()
	req := &ingestv1.IngestOccurrenceRequest{
		Occurrence: &issuesv1.Occurrence{
			Id: hexID(), ProjectId: 1, Fingerprint: []string{"a"}, IssueTitle: title, Subtitle: "s", Type: 1001, DetectionTime: timestamppb.New(time.Now()),
		},
	}
	eventID, now := hexID(), time.Now().UTC().Format(time.RFC3339)
	fill := func(n int) {
		noise := make([]byte, n/2+1)
		rand.Read(noise)
		req.EventBody = &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: fmt.Appendf(nil,
			`{"event_id": %q, "platform": "go", "timestamp": %q, "tags": {}, "extra": {"noise": "%s"}}`, eventID, now, hex.EncodeToString(noise)[:n])}
	}
	fill(1 << 19)
	fill(1<<19 + 1<<20 - proto.Size(req))
	m, err := producer.Occurrence(req)
	if err != nil || proto.Size(req) != 1<<20 {
		t.Fatalf("%d bytes: %v", proto.Size(req), err)
	}
	return m
}

func TestTheProducerSendsTheLargestMessagesInTheirOrderToo(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	d.Topic += "-mebibytes"
	limit := "1114112" // as docs/kafka.md says
	admin := kadm.NewClient(d.Kafka.Client)
	if _, err := admin.CreateTopic(t.Context(), 1, 1, map[string]*string{"max.message.bytes": &limit}, d.Topic); err != nil {
		t.Fatal(err)
	}
	p, err := producer.New(producer.Config{Brokers: d.Brokers, Topic: d.Topic})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	done := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	small := func(title string) producer.Message {
		m, err := producer.JSON([]byte(message("a", title)))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	p.SendAsync(t.Context(), small("one"), done)
	p.SendAsync(t.Context(), largest(t, "two"), done)
	p.SendAsync(t.Context(), small("three"), done)
	if err := p.Send(t.Context(), largest(t, "four")); err != nil {
		t.Error(err)
	}
	d.consume(t)
	eventually(t, "all are committed", func() bool { return d.Committed(t) == 4 })
	if titles := d.titles(); titles != "one two three four" {
		t.Errorf("judged %q; dead letters %v", titles, d.deadLetters(t))
	}

	// A topic that takes no more than brokers do by default refuses them, and nothing else.
	usual, err := producer.New(producer.Config{Brokers: d.Brokers, Topic: d.DeadLetterTopic})
	if err != nil {
		t.Fatal(err)
	}
	defer usual.Close()
	refused := make(chan error, 1)
	usual.SendAsync(t.Context(), small("before"), done)
	usual.SendAsync(t.Context(), largest(t, "too large"), func(err error) { refused <- err })
	usual.SendAsync(t.Context(), small("after"), done)
	if err := usual.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-refused; !errors.Is(err, kerr.MessageTooLarge) {
		t.Errorf("it is %v", err)
	}
}

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
