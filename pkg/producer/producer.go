// Package producer sends occurrences and status changes to Picket over Kafka, for programs that would rather not wait
// for the answer of a gRPC call: what Picket refuses becomes a dead letter there.
package producer

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kotel"
)

const (
	defaultTopic          = "ingest-occurrences"
	defaultMaxOutstanding = 10_000
	// maxBatchBytes is what a broker takes in one batch unless it is told otherwise: records with their keys and headers.
	maxBatchBytes = 1<<20 + 12
	// maxLargeBytes lets the largest value through that Picket takes, a mebibyte. What Kafka limits is the compressed batch.
	maxLargeBytes = 1<<20 + 64<<10
	// batchOverhead is more than what a batch and a record add to a message, headers of a trace included.
	batchOverhead = 4 << 10
)

// Config says where messages go.
type Config struct {
	Brokers []string
	Topic   string // ingest-occurrences when empty
	// MaxOutstanding is how many messages may be on their way before sending waits; 10,000 when 0.
	MaxOutstanding int
}

// Producer sends messages. It is safe for concurrent use; a process needs one.
type Producer struct {
	client *kgo.Client
	large  *kgo.Client // for messages that a batch of the usual size has no room for
}

// New makes a producer. It connects when the first message is sent.
func New(cfg Config) (*Producer, error) {
	if cfg.Topic == "" {
		cfg.Topic = defaultTopic
	}
	if cfg.MaxOutstanding == 0 {
		cfg.MaxOutstanding = defaultMaxOutstanding
	}
	// The trace of the context of Send and SendAsync travels in the record's headers.
	hooks := kotel.NewKotel(kotel.WithTracer(kotel.NewTracer()), kotel.WithMeter(kotel.NewMeter())).Hooks()
	options := []kgo.Opt{
		kgo.SeedBrokers(cfg.Brokers...), kgo.DefaultProduceTopic(cfg.Topic), kgo.MaxBufferedRecords(cfg.MaxOutstanding), kgo.WithHooks(hooks...),
	}
	client, err := kgo.NewClient(append(options, kgo.ProducerBatchMaxBytes(maxBatchBytes))...)
	if err != nil {
		return nil, fmt.Errorf("kafka client: %w", err)
	}
	large, err := kgo.NewClient(append(options, kgo.ProducerBatchMaxBytes(maxLargeBytes))...)
	if err != nil {
		client.Close()
		return nil, fmt.Errorf("kafka client: %w", err)
	}
	return &Producer{client: client, large: large}, nil
}

// Ping says why no broker answers, or nothing when one does. Sending waits for one instead, as long as its ctx lasts.
func (p *Producer) Ping(ctx context.Context) error { return p.client.Ping(ctx) }

// Send sends a message and waits until all replicas of its partition that must have it have it. A message whose ctx
// ends before may have been sent or not; sent again, it counts once, because it has its id.
func (p *Producer) Send(ctx context.Context, m Message) error {
	if m.isLarge() {
		return p.sendLarge(ctx, m)
	}
	return p.client.ProduceSync(ctx, m.record()).FirstErr()
}

// sendLarge keeps the order: what was sent before is there by then, and what is sent later comes later. It cannot share
// batches with others, because a topic that takes only the usual size would refuse them with it.
func (p *Producer) sendLarge(ctx context.Context, m Message) error {
	if err := p.client.Flush(ctx); err != nil {
		return err
	}
	return p.large.ProduceSync(ctx, m.record()).FirstErr()
}

// SendAsync sends a message and calls done, which may be nil, when that is certain or has failed, from another
// goroutine. It waits itself only while the most messages are on their way that may be, and until one of nearly a mebibyte
// is sent, after all before it.
func (p *Producer) SendAsync(ctx context.Context, m Message, done func(error)) {
	if m.isLarge() {
		err := p.sendLarge(ctx, m)
		if done != nil {
			done(err)
		}
		return
	}
	p.client.Produce(ctx, m.record(), func(_ *kgo.Record, err error) {
		if done != nil {
			done(err)
		}
	})
}

// Flush waits until nothing is on its way.
func (p *Producer) Flush(ctx context.Context) error { return p.client.Flush(ctx) }

// Close gives up what is still on its way. Flush first.
func (p *Producer) Close() {
	p.client.Close()
	p.large.Close()
}
