package consumer_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/picket-io/picket/services/ingest/internal/consumer"
	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
)

// deadRecords reads the dead-letter topic from its beginning until there are n records.
func (d *door) deadRecords(t *testing.T, n int) []*kgo.Record {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(d.Brokers...), kgo.ConsumeTopics(d.DeadLetterTopic))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var records []*kgo.Record
	for len(records) < n {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("waited in vain for %d records of the dead-letter topic, got %d", n, len(records))
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

func TestDeadLettersGoToTheirTopicAsTheyWere(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	value := "not JSON \x00\xff"
	d.produceAsync(t, message("a", "good"))
	d.produceAsync(t, value, kgo.RecordHeader{Key: "x", Value: []byte("1\x00")}, contentType("application/json"))
	d.produce(t, "key \xff", strings.ReplaceAll(message("a", "lookup"), `"event":`, `"no_event":`), `{"project_id": 1}`)
	d.consume(t)
	forwarder := consumer.NewForwarder(d.Brokers, d.DeadLetterTopic, d.Store, time.Now, slog.New(slog.DiscardHandler))
	stop := ingesttest.Run(t, forwarder.Run)
	records := d.deadRecords(t, 2)
	if len(records) != 2 { // the one that waits for its event is not there
		t.Fatalf("%d records, want 2", len(records))
	}
	if got := string(records[0].Value); got != value || records[0].Key != nil {
		t.Errorf("the record became %q with the key %q", got, records[0].Key)
	}
	if got := string(records[1].Key); got != "key \xff" {
		t.Errorf("the key became %q", got)
	}
	var headers []string
	for _, h := range records[0].Headers {
		if h.Key != "picket-received-time" && h.Key != "picket-detail" && h.Key != "traceparent" {
			headers = append(headers, fmt.Sprintf("%s=%s", h.Key, h.Value))
		}
	}
	want := []string{
		"x=1\x00", "content-type=application/json", "picket-reason=MALFORMED", "picket-original-topic=" + d.Topic,
		"picket-original-partition=0", "picket-original-offset=1",
	}
	if diff := cmp.Diff(want, headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	stop()

	// A second forwarder, as after a restart, sends only what is new.
	d.produceAsync(t, "bad again")
	again := consumer.NewForwarder(d.Brokers, d.DeadLetterTopic, d.Store, time.Now, slog.New(slog.DiscardHandler))
	ingesttest.Run(t, again.Run)
	records = d.deadRecords(t, 3)
	if got := string(records[2].Value); len(records) != 3 || got != "bad again" {
		t.Errorf("then came %d records, the last %q", len(records), got)
	}
}

// A batch of them is more than a broker takes at once.
func TestManyLargeDeadLettersAllGoToTheirTopic(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	const letters = 30
	want := map[string]bool{}
	for range letters {
		noise := make([]byte, 50_000)
		rand.Read(noise)
		value := "{" + hex.EncodeToString(noise)
		want[value] = true
		d.produceAsync(t, value)
	}
	d.flush(t)
	d.consume(t)
	eventually(t, "all are buried", func() bool { return d.Committed(t) == letters })
	ingesttest.Run(t, consumer.NewForwarder(d.Brokers, d.DeadLetterTopic, d.Store, time.Now, slog.New(slog.DiscardHandler)).Run)
	for _, record := range d.deadRecords(t, letters) {
		delete(want, string(record.Value))
	}
	if len(want) > 0 {
		t.Errorf("%d of %d are missing", len(want), letters)
	}
}

func TestTooManyInvalidRecordsStopTheConsumer(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	const good, bad = 150, 1000
	for i := range good {
		d.produceAsync(t, message("a", fmt.Sprint(i)))
	}
	for range bad {
		d.produceAsync(t, `{"some": "other topic's message"}`)
	}
	d.flush(t)
	err := d.stops(t, 0.5)
	if n := d.Committed(t); n < good || n > good+200 {
		t.Errorf("committed %d, want the %d good ones and few more", n, good)
	}
	if err == nil || !strings.Contains(err.Error(), d.Topic+"[0] are invalid") {
		t.Errorf("it ended with %v", err)
	}
}

func TestTheShareOfInvalidRecordsIsThatOfEachPartition(t *testing.T) {
	t.Parallel()
	d := start(t, 2)
	client, err := kgo.NewClient(kgo.SeedBrokers(d.Brokers...), kgo.DefaultProduceTopic(d.Topic), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var records []*kgo.Record
	for i := range 900 {
		record := &kgo.Record{Partition: 0, Value: []byte(message("a", "good"))}
		if i%3 == 0 { // of both partitions together a third
			record = &kgo.Record{Partition: 1, Value: []byte("not JSON")}
		}
		records = append(records, record)
	}
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := d.stops(t, 0.5); err == nil || !strings.Contains(err.Error(), d.Topic+"[1] are invalid") {
		t.Errorf("it ended with %v", err)
	}
}

// stops runs a consumer until it consumes no more because too many records are invalid, and gives why.
func (d *door) stops(t *testing.T, maxInvalidShare float64) error {
	t.Helper()
	cfg := d.config()
	cfg.MaxInvalidShare = maxInvalidShare
	c, err := consumer.New(cfg, d.Pipeline, d.Store, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stopped, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- c.Run(ctx, func() { close(stopped) }) }()
	select {
	case <-stopped:
	case err := <-ended:
		t.Fatalf("the process would have ended with %v", err)
	case <-time.After(2 * time.Minute):
		t.Fatal("it goes on")
	}
	cancel()
	return <-ended
}

func TestAnInvalidShareBelowTheLimitIsDeadLetteredAndLeftBehind(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	const records = 500
	for i := range records {
		if i%5 < 2 {
			d.produceAsync(t, "not JSON")
			continue
		}
		d.produceAsync(t, message("a", fmt.Sprint(i)))
	}
	d.flush(t)
	cfg := d.config()
	cfg.MaxInvalidShare = 0.5
	d.consumeAs(t, cfg)
	eventually(t, "all are committed", func() bool { return d.Committed(t) == records })
	if n := len(d.Grouping.Judged()); n != records*3/5 {
		t.Errorf("judged %d, want %d", n, records*3/5)
	}
}
