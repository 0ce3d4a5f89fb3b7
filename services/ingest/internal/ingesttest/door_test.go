package ingesttest_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/services/ingest/internal/consumer"
	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
)

// door is an ingest service with a broker, and a producer that is not its own.
type door struct {
	*ingesttest.Service
	brokers []string
	client  *kgo.Client
	topic   string
	sent    atomic.Int64
}

func newDoor(t *testing.T) *door {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &door{Service: ingesttest.Start(t), brokers: cluster.ListenAddrs(), client: client}
}

// fatal is what tests of package testing and of rapid have in common here.
type fatal interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// openTopic has what follows go to a topic of its own.
func (d *door) openTopic(t fatal, name string, partitions int32) {
	t.Helper()
	if _, err := kadm.NewClient(d.client).CreateTopic(context.Background(), partitions, 1, nil, name); err != nil {
		t.Fatal(err)
	}
	d.topic = name
	d.sent.Store(0)
}

func (d *door) produce(t fatal, key string, value []byte) {
	t.Helper()
	record := &kgo.Record{Topic: d.topic, Key: []byte(key), Value: value}
	if err := d.client.ProduceSync(context.Background(), record).FirstErr(); err != nil {
		t.Fatal(err)
	}
	d.sent.Add(1)
}

// consume runs a consumer until stop is called.
func (d *door) consume(t fatal) (stop func() error) {
	t.Helper()
	cfg := consumer.Config{Brokers: d.brokers, Topic: d.topic, Group: d.topic, MaxInvalidShare: 1}
	c, err := consumer.New(cfg, d.Pipeline, d.Store, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, func() {}) }()
	return func() error {
		cancel()
		return <-done
	}
}

// rewind takes back some of what was committed, as if the process had died before it could commit.
func (d *door) rewind(t fatal, back func(committed int64) int64) {
	t.Helper()
	admin := kadm.NewClient(d.client)
	offsets, err := admin.FetchOffsets(context.Background(), d.topic)
	if err != nil {
		return // nothing is committed yet
	}
	behind := kadm.Offsets{}
	offsets.Each(func(o kadm.OffsetResponse) { behind.AddOffset(o.Topic, o.Partition, back(max(o.At, 0)), -1) })
	if err := admin.CommitAllOffsets(context.Background(), d.topic, behind); err != nil {
		t.Fatal(err)
	}
}

// committed says whether everything that was sent is done.
func (d *door) committed() bool {
	offsets, err := kadm.NewClient(d.client).FetchOffsets(context.Background(), d.topic)
	if err != nil {
		return false
	}
	var sum int64
	offsets.Each(func(o kadm.OffsetResponse) { sum += max(o.At, 0) })
	return sum == d.sent.Load()
}

// eventually waits for what another goroutine brings about.
func eventually(t fatal, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(2 * time.Minute)
	defer deadline.Stop()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-deadline.C:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// outcomes sums what was received of a project, by term, outcome and reason.
func (d *door) outcomes(t fatal, project int64) map[string]int64 {
	t.Helper()
	now := time.Now()
	resp, err := d.Client.GetOutcomes(context.Background(), &ingestv1.GetOutcomesRequest{
		ProjectId: project, StartTime: timestamppb.New(now.Add(-24 * time.Hour)), EndTime: timestamppb.New(now.Add(time.Hour)),
		Bucket: durationpb.New(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, c := range resp.GetCounts() {
		name := c.GetReason()
		if c.GetOutcome() != 0 {
			name = c.GetOutcome().String()
		}
		for _, prefix := range []string{"OUTCOME_", "DEAD_LETTER_REASON_"} {
			name = strings.TrimPrefix(name, prefix)
		}
		counts[c.GetTerm().String()[len("OUTCOME_TERM_"):]+" "+name] += c.GetCount()
	}
	return counts
}
