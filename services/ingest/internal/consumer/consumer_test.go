package consumer_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/services/ingest/internal/consumer"
	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
	"github.com/picket-io/picket/test/testkafka"
)

// door is an ingest service with a broker.
type door struct {
	*ingesttest.Service
	*testkafka.Kafka
}

func start(t *testing.T, partitions int32) *door {
	t.Helper()
	return &door{Service: ingesttest.Start(t), Kafka: testkafka.New(t, partitions)}
}

// consume runs a consumer until stop is called or the test ends.
func (d *door) consume(t *testing.T) (stop func()) {
	t.Helper()
	return d.consumeAs(t, d.config())
}

func (d *door) config() consumer.Config {
	return consumer.Config{Brokers: d.Brokers, Topic: d.Topic, Group: d.Group, MaxInvalidShare: 1}
}

func (d *door) consumeAs(t *testing.T, cfg consumer.Config) (stop func()) {
	t.Helper()
	c, err := consumer.New(cfg, d.Pipeline, d.Store, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return ingesttest.Run(t, func(ctx context.Context) error {
		return c.Run(ctx, func() { t.Error("the consumer gave up") })
	})
}

func (d *door) produce(t *testing.T, key string, values ...string) {
	t.Helper()
	for _, value := range values {
		record := &kgo.Record{Key: []byte(key), Value: []byte(value)}
		if err := d.Kafka.Client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// produceAsync does not wait; the records have no key and keep their order in a topic of one partition.
func (d *door) produceAsync(t *testing.T, value string, headers ...kgo.RecordHeader) {
	t.Helper()
	d.send(t, &kgo.Record{Value: []byte(value), Headers: headers})
}

func (d *door) produceKeyed(t *testing.T, key, value string) {
	t.Helper()
	d.send(t, &kgo.Record{Key: []byte(key), Value: []byte(value)})
}

func (d *door) send(t *testing.T, record *kgo.Record) {
	t.Helper()
	d.Kafka.Client.Produce(t.Context(), record, func(_ *kgo.Record, err error) {
		if err != nil {
			t.Error(err)
		}
	})
}

func (d *door) flush(t *testing.T) {
	t.Helper()
	if err := d.Kafka.Client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// message is an occurrence with its event, as a producer writes it.
func message(fingerprint, title string) string {
	now := float64(time.Now().UnixMilli()) / 1000
	eventID := hexID()
	return fmt.Sprintf(`{"id": %q, "project_id": 1, "event_id": %q, "fingerprint": [%q], "issue_title": %q, "subtitle": "s",
		"type": 1001, "detection_time": %.3f, "payload_type": "occurrence", "event": {"event_id": %q, "project_id": 1,
		"platform": "go", "timestamp": %.3f, "tags": {}}}`, hexID(), eventID, fingerprint, title, now, eventID, now)
}

func hexID() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }

// eventually waits for what another goroutine brings about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func (d *door) titles() string {
	var titles []string
	for _, item := range d.Grouping.Judged() {
		titles = append(titles, item.GetOccurrence().GetTitle())
	}
	return strings.Join(titles, " ")
}

func (d *door) deadLetters(t *testing.T) []*ingestv1.DeadLetter {
	t.Helper()
	resp, err := d.Service.Client.ListDeadLetters(t.Context(), &ingestv1.ListDeadLettersRequest{PageSize: 100})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetDeadLetters()
}

func TestBadRecordsBecomeDeadLettersAndTheNextIsProcessed(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	lookup := `{"id": "` + hexID() + `", "project_id": 1, "event_id": "` + hexID() + `", "fingerprint": ["a"],
		"issue_title": "t", "subtitle": "s", "type": 1001, "detection_time": ` + fmt.Sprint(time.Now().Unix()) + `}`
	d.produce(t, "a",
		message("a", "first"),
		"not JSON \x00\xff",
		strings.Replace(message("a", "x"), `"id"`, `"di"`, 1),
		strings.ReplaceAll(message("a", "x"), `"project_id": 1`, `"project_id": 404`),
		message("a", ingesttest.Refused),
		message("a", ingesttest.Poison),
		strings.Replace(message("a", "x"), `"occurrence"`, `"attachment"`, 1),
		lookup,
		message("a", "last"))
	d.consume(t)
	eventually(t, "all 9 records are committed", func() bool { return d.Committed(t) == 9 })
	if titles := d.titles(); titles != "first last" {
		t.Errorf("judged %q, want the first and the last", titles)
	}

	got := map[ingestv1.DeadLetterReason]string{}
	for _, letter := range d.deadLetters(t) {
		got[letter.GetReason()] += fmt.Sprintf("%d:%d ", letter.GetProjectId(), letter.GetOffset())
		if letter.GetReason() == ingestv1.DeadLetterReason_DEAD_LETTER_REASON_MALFORMED && string(letter.GetRecordValue()) != "not JSON \x00\xff" {
			t.Errorf("the record became %q", letter.GetRecordValue())
		}
		parked := letter.GetReason() == ingestv1.DeadLetterReason_DEAD_LETTER_REASON_EVENT_NOT_STORED
		if (letter.GetRetryTime() != nil) != parked {
			t.Errorf("%v has the retry time %v", letter.GetReason(), letter.GetRetryTime())
		}
	}
	want := map[ingestv1.DeadLetterReason]string{
		ingestv1.DeadLetterReason_DEAD_LETTER_REASON_MALFORMED:        "0:1 ",
		ingestv1.DeadLetterReason_DEAD_LETTER_REASON_INVALID:          "1:2 ",
		ingestv1.DeadLetterReason_DEAD_LETTER_REASON_UNKNOWN_PROJECT:  "404:3 ",
		ingestv1.DeadLetterReason_DEAD_LETTER_REASON_REFUSED:          "1:5 1:4 ",
		ingestv1.DeadLetterReason_DEAD_LETTER_REASON_EVENT_NOT_STORED: "1:7 ",
	}
	for reason, letters := range want {
		if got[reason] != letters {
			t.Errorf("%v: %q, want %q", reason, got[reason], letters)
		}
	}
}

func TestARecordMayHaveAMebibyte(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	d.Topic += "-large"
	large := "4194304"
	if _, err := kadm.NewClient(d.Kafka.Client).CreateTopic(t.Context(), 1, 1, map[string]*string{"max.message.bytes": &large}, d.Topic); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(d.Brokers...), kgo.DefaultProduceTopic(d.Topic), kgo.ProducerBatchMaxBytes(4<<20))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, size := range []int{1 << 20, 1<<20 + 1} {
		value := message("a", fmt.Sprint(size))
		value += strings.Repeat(" ", size-len(value))
		if err := client.ProduceSync(t.Context(), kgo.StringRecord(value)).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	d.consume(t)
	eventually(t, "both are committed", func() bool { return d.Committed(t) == 2 })
	letters := d.deadLetters(t)
	if d.titles() != fmt.Sprint(1<<20) || len(letters) != 1 || letters[0].GetReason() != ingestv1.DeadLetterReason_DEAD_LETTER_REASON_TOO_LARGE {
		t.Fatalf("judged %q, %d dead letters", d.titles(), len(letters))
	}
	if n := len(letters[0].GetRecordValue()); n != 1<<20+1 {
		t.Errorf("%d bytes are kept, want all", n)
	}
}

func TestARecordThatIsDeliveredAgainCountsOnce(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	d.produce(t, "a", message("a", "one"), "not JSON", message("a", "two"))
	stop := d.consume(t)
	eventually(t, "both are judged", func() bool { return d.titles() == "one two" })
	stop()
	rewind(t, d)
	d.produce(t, "a", message("a", "three"))
	d.consume(t)
	eventually(t, "the third is judged after the repeats", func() bool { return d.titles() == "one two three" })
	if n := len(d.deadLetters(t)); n != 1 {
		t.Errorf("%d dead letters, want 1", n)
	}
}

// rewind commits offset 0, as if nothing had been committed.
func rewind(t *testing.T, d *door) {
	t.Helper()
	offsets := kadm.Offsets{}
	offsets.AddOffset(d.Topic, 0, 0, -1)
	if err := kadm.NewClient(d.Kafka.Client).CommitAllOffsets(t.Context(), d.Group, offsets); err != nil {
		t.Fatal(err)
	}
}

func TestAGroupingOutageStopsTheCommitsAndLosesNothing(t *testing.T) {
	t.Parallel()
	d := start(t, 2)
	d.Grouping.SetDown(true)
	d.produce(t, "a", message("a", "one"), message("a", "two"))
	stop := d.consume(t)
	eventually(t, "the payloads are stored", func() bool {
		var rows int
		err := d.Pool.QueryRow(t.Context(), `SELECT count(*) FROM payloads`).Scan(&rows)
		return err == nil && rows == 2
	})
	stop() // would commit what is done
	if n := d.Committed(t); n != 0 {
		t.Fatalf("committed %d during the outage, want 0", n)
	}
	d.consume(t)
	d.Grouping.SetDown(false)
	eventually(t, "both are judged, in their order", func() bool { return d.titles() == "one two" })
	eventually(t, "both are committed", func() bool { return d.Committed(t) == 2 })
}

func TestARebalanceLosesNothingAndKeepsTheOrderOfAKey(t *testing.T) {
	t.Parallel()
	d := start(t, 4)
	const keys, each = 8, 40
	d.consume(t)
	eventually(t, "the group rebalances cooperatively", func() bool {
		groups, err := kadm.NewClient(d.Kafka.Client).DescribeGroups(t.Context(), d.Group)
		return err == nil && groups[d.Group].Protocol == "cooperative-sticky"
	})
	send := func(from, to int) {
		for i := from; i < to; i++ {
			for key := range keys {
				d.produce(t, fmt.Sprint(key), message(fmt.Sprint(key), fmt.Sprintf("%d.%d", key, i)))
			}
		}
	}
	send(0, each/2)
	stop := d.consume(t)
	send(each/2, each-5)
	stop()
	send(each-5, each)
	eventually(t, "all are judged", func() bool { return len(d.Grouping.Judged()) == keys*each })
	d.inOrder(t, keys)
}

func TestAPartitionThatIsBehindIsPausedAndGoesOn(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	const records = 40
	d.Grouping.SetDown(true)
	filler := strings.Repeat("x", 500_000)
	for i := range records {
		d.produce(t, "a", strings.Replace(message("a", fmt.Sprint(i)), `"subtitle": "s"`, `"subtitle": "`+filler+`"`, 1))
	}
	d.consume(t)
	eventually(t, "payloads are stored", func() bool {
		var rows int
		err := d.Pool.QueryRow(t.Context(), `SELECT count(*) FROM payloads`).Scan(&rows)
		return err == nil && rows > 0
	})
	d.Grouping.SetDown(false)
	eventually(t, "all are judged and committed", func() bool {
		return len(d.Grouping.Judged()) == records && d.Committed(t) == records
	})
}
