package ingesttest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
)

// ledger is what the sender knows: how much of what was sent, by what is to become of it.
type ledger struct {
	mu     sync.Mutex
	counts map[int64]map[string]int64 // by project
}

func (l *ledger) expect(project int64, outcome string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts[project] == nil {
		l.counts[project] = map[string]int64{}
	}
	l.counts[project][outcome]++
}

// fate is one thing that can be sent over Kafka and what is to become of it.
type fate struct {
	project int64
	outcome string
	change  func(*ingesttest.Message)
}

var fates = []fate{
	{1, "ACCEPTED ACCEPTED", func(*ingesttest.Message) {}},
	{1, "ACCEPTED ACCEPTED", func(*ingesttest.Message) {}},
	{1, "ACCEPTED ACCEPTED", func(*ingesttest.Message) {}},
	{1, "DROPPED DROPPED_DISCARDED", func(m *ingesttest.Message) { m.Title = ingesttest.Discarded }},
	{1, "DROPPED DROPPED_TOO_OLD", func(m *ingesttest.Message) { m.Detected = m.Detected.AddDate(-1, 0, 0) }},
	{1, "DROPPED DROPPED_IN_FUTURE", func(m *ingesttest.Message) { m.Detected = m.Detected.AddDate(0, 0, 3) }},
	{1, "DROPPED DROPPED_UNKNOWN_PAYLOAD_TYPE", func(m *ingesttest.Message) { m.PayloadType = "attachment" }},
	{1, "DEAD_LETTERED INVALID", func(m *ingesttest.Message) { m.ID = "no id" }},
	{1, "DEAD_LETTERED REFUSED", func(m *ingesttest.Message) { m.Title = ingesttest.Refused }},
	{404, "DEAD_LETTERED UNKNOWN_PROJECT", func(m *ingesttest.Message) { m.Project = 404 }},
	{0, "DEAD_LETTERED INVALID", func(m *ingesttest.Message) { m.Project = 0 }},
}

// sendRecords produces a mix of everything, duplicates too, while the faults happen.
func (d *door) sendRecords(t *testing.T, n int, books *ledger) {
	random := rand.New(rand.NewPCG(1, 2))
	var sent [][]byte
	for i := range n {
		key := fmt.Sprint(i % 8)
		f := fates[random.IntN(len(fates))]
		message := ingesttest.NewMessage(key, "fine")
		f.change(&message)
		if i == n/3 {
			message, f = ingesttest.NewMessage(key, ingesttest.Poison), fate{project: 1, outcome: "DEAD_LETTERED REFUSED"}
		}
		d.produce(t, key, message.JSON())
		books.expect(f.project, f.outcome)
		if f.outcome[:8] == "ACCEPTED" {
			sent = append(sent, message.JSON())
		}
		switch {
		case i%7 == 0 && len(sent) > 0: // a repeat is not counted
			d.produce(t, key, sent[random.IntN(len(sent))])
		case i%11 == 0:
			d.sendLate(t, key, books)
		}
	}
	d.produce(t, "0", []byte("{"))
	books.expect(0, "DEAD_LETTERED MALFORMED")
}

// sendLate sends an occurrence and after it the event that it refers to, with another.
func (d *door) sendLate(t *testing.T, key string, books *ledger) {
	parked, brings := ingesttest.NewMessage(key, "parked"), ingesttest.NewMessage("b"+key, "brings")
	parked.WithEvent, brings.EventID = false, parked.EventID
	for _, m := range []ingesttest.Message{parked, brings} {
		d.produce(t, m.Fingerprint, m.JSON())
		books.expect(1, "ACCEPTED ACCEPTED")
	}
}

// sendCalls sends one call after the other, each until it gets an answer that lasts.
func (d *door) sendCalls(t *testing.T, n int, books *ledger) {
	for i := range n {
		now := time.Now()
		req := &ingestv1.IngestOccurrenceRequest{
			Occurrence: &issuesv1.Occurrence{
				Id: ingesttest.NewID(), ProjectId: 1, EventId: ingesttest.NewID(), Fingerprint: []string{fmt.Sprint("call", i%3)},
				IssueTitle: "fine", Subtitle: "s", Type: 1001, DetectionTime: timestamppb.New(now),
			},
			EventBody: &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: []byte(`{"platform": "go", "timestamp": 1}`)},
		}
		outcome := "ACCEPTED ACCEPTED"
		switch i % 5 {
		case 1:
			req.Occurrence.Id, outcome = "no id", "REJECTED INVALID_REQUEST"
		case 2:
			req.Occurrence.IssueTitle, outcome = ingesttest.Refused, "REJECTED REFUSED"
		case 3:
			req.Occurrence.DetectionTime, outcome = timestamppb.New(now.AddDate(-1, 0, 0)), "DROPPED DROPPED_TOO_OLD"
		}
		books.expect(1, outcome)
		for {
			_, err := d.Client.IngestOccurrence(context.Background(), req)
			if status.Code(err) != codes.Unavailable {
				break
			}
		}
		if i%5 == 0 { // a repeat is not counted
			d.Client.IngestOccurrence(context.Background(), req) //nolint:errcheck // it may hit an outage
		}
	}
}

func TestWhatWasSentIsTheSumOfTheOutcomesUnderFaults(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.openTopic(t, "faults", 4)
	books := &ledger{counts: map[int64]map[string]int64{}}
	d.Grouping.LoseAnswers(3)
	var senders sync.WaitGroup
	senders.Go(func() { d.sendRecords(t, 300, books) })
	senders.Go(func() { d.sendCalls(t, 150, books) })

	sent := make(chan struct{})
	go func() { senders.Wait(); close(sent) }()
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 6 {
		stop := d.consume()
		before := len(d.Grouping.Judged()) + random.IntN(40)
		eventually(t, "some are judged", func() bool { return len(d.Grouping.Judged()) > before || d.committed() })
		d.Grouping.SetDown(true)
		turned := d.Grouping.Turned()
		eventually(t, "the outage is felt", func() bool { return d.Grouping.Turned() > turned || d.committed() })
		if round%2 == 0 {
			d.Grouping.SetDown(false)
		}
		if err := stop(); err != nil { // in every other round during the outage
			t.Fatal(err)
		}
		d.Grouping.SetDown(false)
		d.rewind(t, func(committed int64) int64 { return committed * int64(random.IntN(3)) / 2 % (committed + 1) })
	}
	d.Grouping.LoseAnswers(0)
	<-sent
	stop := d.consume()
	eventually(t, "everything is committed", d.committed)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	d.Advance(time.Minute)
	if err := d.Replayer.RetryDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	for project, want := range books.counts {
		if diff := cmp.Diff(want, d.outcomes(t, project)); diff != "" {
			t.Errorf("project %d: %s", project, diff)
		}
	}
}
