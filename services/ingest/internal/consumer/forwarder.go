package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kotel"
	"go.opentelemetry.io/otel"

	"github.com/picket-io/picket/services/ingest/internal/store"
)

// Headers of a record of the dead-letter topic, after those that the record had.
const (
	headerReason    = "picket-reason" // of picket.ingest.v1.DeadLetterReason, such as MALFORMED
	headerDetail    = "picket-detail"
	headerTopic     = "picket-original-topic"
	headerPartition = "picket-original-partition"
	headerOffset    = "picket-original-offset"
	headerReceived  = "picket-received-time"
)

const (
	forwardInterval = time.Second
	forwardTimeout  = 10 * time.Second
	forwardBatch    = 200
	maxRecordBytes  = 100 << 20 // the broker has the last word
)

// Forwarder sends dead letters to their topic, at least once each. Those that wait for their event are sent when they
// have waited in vain.
type Forwarder struct {
	brokers []string
	topic   string
	store   *store.Store
	now     func() time.Time
	log     *slog.Logger
}

// NewForwarder makes a forwarder.
func NewForwarder(brokers []string, topic string, s *store.Store, now func() time.Time, log *slog.Logger) *Forwarder {
	return &Forwarder{brokers: brokers, topic: topic, store: s, now: now, log: log}
}

// Run forwards until ctx ends.
func (f *Forwarder) Run(ctx context.Context) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(f.brokers...),
		kgo.DefaultProduceTopic(f.topic),
		kgo.AllowAutoTopicCreation(), // where the broker allows it too
		kgo.ProducerBatchMaxBytes(maxRecordBytes),
		kgo.RecordDeliveryTimeout(forwardTimeout),
		kgo.WithHooks(kotel.NewKotel(kotel.WithTracer(kotel.NewTracer()), kotel.WithMeter(kotel.NewMeter())).Hooks()...),
	)
	if err != nil {
		return fmt.Errorf("kafka client: %w", err)
	}
	defer client.Close()
	ticker := time.NewTicker(forwardInterval)
	defer ticker.Stop()
	failing := false
	for {
		sent, err := f.forward(ctx, client)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !failing { // once: it is tried every second, and the letters are safe in their table
			f.log.ErrorContext(ctx, "forward dead letters", "topic", f.topic, "error", err)
		}
		failing = err != nil
		if sent == forwardBatch {
			continue
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// forward finishes what it has begun, so that an orderly stop sends nothing twice.
func (f *Forwarder) forward(ctx context.Context, client *kgo.Client) (int, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*forwardTimeout)
	defer cancel()
	return f.store.ForwardDeadLetters(ctx, forwardBatch, f.now(), func(letters []store.DeadLetter) ([]store.DeadLetterKey, error) {
		keys := map[*kgo.Record]store.DeadLetterKey{}
		records := make([]*kgo.Record, len(letters))
		for i, letter := range letters {
			records[i] = deadRecord(ctx, letter)
			keys[records[i]] = letter.DeadLetterKey
		}
		var sent []store.DeadLetterKey
		var failures error
		for _, result := range produceAll(ctx, client, records) {
			switch {
			case errors.Is(result.Err, kerr.MessageTooLarge):
				f.log.WarnContext(ctx, "a dead letter is too large for its topic and stays in the table only", "letter", keys[result.Record])
				sent = append(sent, keys[result.Record])
			case result.Err != nil:
				failures = result.Err
			default:
				sent = append(sent, keys[result.Record])
			}
		}
		return sent, failures
	})
}

// produceAll sends records together. Those that are too much for their topic together are sent one by one.
func produceAll(ctx context.Context, client *kgo.Client, records []*kgo.Record) kgo.ProduceResults {
	results := client.ProduceSync(ctx, records...)
	if len(records) == 1 {
		return results
	}
	for i := range results {
		if errors.Is(results[i].Err, kerr.MessageTooLarge) {
			results[i] = client.ProduceSync(ctx, results[i].Record)[0]
		}
	}
	return results
}

// deadRecord is the record as it was, with headers that say what became of it.
func deadRecord(ctx context.Context, letter store.DeadLetter) *kgo.Record {
	record := &kgo.Record{Key: letter.Key, Value: letter.Value}
	for _, h := range letter.Headers {
		record.Headers = append(record.Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
	}
	// The trace goes on that the record came with.
	record.Context = otel.GetTextMapPropagator().Extract(ctx, kotel.NewRecordCarrier(record))
	for _, h := range []struct{ key, value string }{
		{headerReason, reasonName(letter.Reason)},
		{headerDetail, letter.Detail},
		{headerTopic, letter.Topic},
		{headerPartition, strconv.Itoa(int(letter.Partition))},
		{headerOffset, strconv.FormatInt(letter.Offset, 10)},
		{headerReceived, letter.Received.UTC().Format(time.RFC3339Nano)},
	} {
		record.Headers = append(record.Headers, kgo.RecordHeader{Key: h.key, Value: []byte(h.value)})
	}
	return record
}
