// Package consumer is the Kafka door: it reads the topic ingest-occurrences and takes its records through the
// pipeline. A record's offset is committed when its effect, or its dead letter, is durable.
package consumer

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

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

// Config says what is consumed.
type Config struct {
	Brokers []string
	Topic   string
	Group   string
}

// Consumer is one member of the consumer group.
type Consumer struct {
	cfg      Config
	pipeline *pipeline.Pipeline
	store    *store.Store
	now      func() time.Time
	log      *slog.Logger
	workers  map[string]map[int32]*worker // of the partitions that are assigned; used by callbacks and polls, never at once
}

// New makes a consumer.
func New(cfg Config, p *pipeline.Pipeline, s *store.Store, now func() time.Time, log *slog.Logger) *Consumer {
	return &Consumer{cfg: cfg, pipeline: p, store: s, now: now, log: log, workers: map[string]map[int32]*worker{}}
}

// Run consumes until ctx ends, then lets the records under way finish, commits them and leaves the group.
func (c *Consumer) Run(ctx context.Context) error {
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
	)
	if err != nil {
		return fmt.Errorf("kafka client: %w", err)
	}
	for c.poll(ctx, client) {
	}
	client.CloseAllowingRebalance() // leaves the group, which revokes what is assigned
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
		if w := c.workers[p.Topic][p.Partition]; w != nil && len(p.Records) > 0 {
			w.push(p.Records)
		}
	})
	return true
}

func (c *Consumer) assigned(_ context.Context, client *kgo.Client, partitions map[string][]int32) {
	for topic, numbers := range partitions {
		if c.workers[topic] == nil {
			c.workers[topic] = map[int32]*worker{}
		}
		for _, number := range numbers {
			c.workers[topic][number] = startWorker(c, client, topic, number)
		}
	}
}

// revoked stops the workers at the end of what they are doing, and commits what they have done.
func (c *Consumer) revoked(ctx context.Context, client *kgo.Client, partitions map[string][]int32) {
	c.stop(partitions)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	if err := client.CommitMarkedOffsets(ctx); err != nil {
		// The records come again, to whoever has the partition next, and count once.
		c.log.WarnContext(ctx, "commit before a partition is given up", "error", err)
	}
}

// lost stops the workers; somebody else has the partitions already, so nothing is committed.
func (c *Consumer) lost(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
	c.stop(partitions)
}

func (c *Consumer) stop(partitions map[string][]int32) {
	var stopping []*worker
	for topic, numbers := range partitions {
		for _, number := range numbers {
			if w := c.workers[topic][number]; w != nil {
				stopping = append(stopping, w)
				delete(c.workers[topic], number)
				w.stop()
			}
		}
	}
	for _, w := range stopping {
		<-w.stopped
	}
}
