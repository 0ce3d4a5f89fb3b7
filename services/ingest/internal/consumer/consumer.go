// Package consumer is the Kafka door: it reads the topic ingest-occurrences and takes its records through the
// pipeline. A record's offset is committed when its effect, or its dead letter, and those of all records before it in
// its partition are durable.
package consumer

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kotel"

	"github.com/picket-io/picket/services/ingest/internal/pipeline"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

const (
	commitInterval = time.Second
	commitTimeout  = 10 * time.Second
	pollRecords    = 2000
	// sessionTimeout is how long the partitions of a process that was killed wait for another.
	sessionTimeout = 10 * time.Second
)

// Config says what is consumed, and how.
type Config struct {
	Brokers []string
	Topic   string
	Group   string
	// MaxInvalidShare is the share of a partition's recent records that may become dead letters. Past it the consumer
	// stops: the topic is not what it should be, or this program is not. 1 never stops.
	MaxInvalidShare float64
	// PruneStatusChanges keeps only the last of the status changes of a fingerprint that come together, after the
	// occurrences that came with them.
	PruneStatusChanges bool
}

// Consumer is one member of the consumer group.
type Consumer struct {
	cfg      Config
	pipeline *pipeline.Pipeline
	store    *store.Store
	now      func() time.Time
	log      *slog.Logger
	metrics  *metrics

	mu      sync.Mutex
	workers map[string]map[int32]*worker // of the partitions that are assigned
	failure error                        // why it consumes no more
	fail    context.CancelFunc
}

// New makes a consumer.
func New(cfg Config, p *pipeline.Pipeline, s *store.Store, now func() time.Time, log *slog.Logger) (*Consumer, error) {
	m, err := newMetrics()
	if err != nil {
		return nil, err
	}
	return &Consumer{
		cfg: cfg, pipeline: p, store: s, now: now, log: log, metrics: m, workers: map[string]map[int32]*worker{},
	}, nil
}

// Run consumes until ctx ends, then lets the records under way finish, commits them and leaves the group. When too many
// records are invalid it leaves the group before, tells stopped, and returns why when ctx ends: the other doors of the
// process stay open.
func (c *Consumer) Run(ctx context.Context, stopped func()) error {
	tracer := kotel.NewTracer(kotel.ConsumerGroup(c.cfg.Group))
	client, err := kgo.NewClient(
		kgo.SeedBrokers(c.cfg.Brokers...),
		kgo.ConsumerGroup(c.cfg.Group),
		kgo.ConsumeTopics(c.cfg.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), // a new group loses nothing that was sent before
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		// Assignments change only between polls, so no record is handed to a worker that has been stopped.
		kgo.BlockRebalanceOnPoll(),
		kgo.SessionTimeout(sessionTimeout),
		kgo.AutoCommitMarks(),
		kgo.AutoCommitInterval(commitInterval),
		kgo.OnPartitionsAssigned(c.assigned),
		kgo.OnPartitionsRevoked(c.revoked),
		kgo.OnPartitionsLost(c.lost),
		kgo.WithHooks(kotel.NewKotel(kotel.WithTracer(tracer), kotel.WithMeter(kotel.NewMeter())).Hooks()...),
	)
	if err != nil {
		return fmt.Errorf("kafka client: %w", err)
	}
	forget, err := c.metrics.observe(c)
	if err != nil {
		return err
	}
	defer forget()
	pollCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.fail = cancel
	for c.poll(pollCtx, client) {
	}
	client.CloseAllowingRebalance() // leaves the group, which revokes what is assigned
	if err := c.failed(); err != nil {
		c.log.ErrorContext(ctx, "no records are consumed any more", "error", err)
		stopped()
		<-ctx.Done()
		return err
	}
	return nil
}

// poll hands one fetch over to the workers. It says whether there may be more.
func (c *Consumer) poll(ctx context.Context, client *kgo.Client) bool {
	fetches := client.PollRecords(ctx, pollRecords)
	defer client.AllowRebalance()
	if ctx.Err() != nil || fetches.IsClientClosed() {
		return false
	}
	fetches.EachError(func(topic string, partition int32, err error) {
		c.log.ErrorContext(ctx, "fetch", "topic", topic, "partition", partition, "error", err)
	})
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if w := c.worker(p.Topic, p.Partition); w != nil && len(p.Records) > 0 {
			w.push(p.Records, p.HighWatermark)
		}
	})
	return true
}

// giveUp ends the consuming. It does not wait for that: a worker calls it, and the end waits for the workers.
func (c *Consumer) giveUp(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure == nil {
		c.failure = err
		c.fail()
	}
}

func (c *Consumer) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failure
}
