// Package testkafka gives tests a Kafka with a topic and a consumer group of their own. It is a broker in the test's
// process (kfake), unless a real one is asked for: PICKET_TEST_KAFKA names one that runs, PICKET_TEST_KAFKA_JARS the
// folder of the jars to start one from.
package testkafka

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	brokersEnv = "PICKET_TEST_KAFKA"
	jarsEnv    = "PICKET_TEST_KAFKA_JARS"
)

// Kafka is a broker as one test sees it.
type Kafka struct {
	Brokers         []string
	Topic           string
	DeadLetterTopic string
	Group           string
	Client          *kgo.Client // of the test; what has no topic is produced to Topic
}

// shared is the broker that all tests of the process use, when it was started from jars.
var shared *javaBroker

// Main runs the tests of a package. It starts the broker that they share, if it is to be started from jars.
func Main(m *testing.M) int {
	if os.Getenv(jarsEnv) == "" || os.Getenv(brokersEnv) != "" {
		return m.Run()
	}
	folder, err := os.MkdirTemp("", "picket-kafka-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	if shared, err = newJavaBroker(ctx, os.Getenv(jarsEnv), folder); err != nil {
		panic(err)
	}
	defer shared.stop()
	return m.Run()
}

// New gives a test its topics, each with that many partitions.
func New(t testing.TB, partitions int32) *Kafka {
	t.Helper()
	switch {
	case os.Getenv(brokersEnv) != "":
		return topics(t, partitions, strings.Split(os.Getenv(brokersEnv), ","))
	case shared != nil:
		return topics(t, partitions, []string{shared.address})
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return topics(t, partitions, cluster.ListenAddrs())
}

// NewRestartable is New with a function that stops the broker, does something, and starts it again. It is not for
// parallel tests: others may use the same broker.
func NewRestartable(t testing.TB, partitions int32) (*Kafka, func(whileDown func())) {
	t.Helper()
	switch {
	case os.Getenv(brokersEnv) != "":
		t.Skipf("the broker that %s names cannot be restarted by a test", brokersEnv)
		return nil, nil
	case shared != nil:
		return topics(t, partitions, []string{shared.address}), func(whileDown func()) { restart(t, whileDown) }
	default:
		return restartableFake(t, partitions)
	}
}

func restart(t testing.TB, whileDown func()) {
	t.Helper()
	shared.stop()
	whileDown()
	ctx, cancel := context.WithTimeout(t.Context(), startTime)
	defer cancel()
	if err := shared.start(ctx); err != nil {
		t.Fatal(err)
	}
}

func restartableFake(t testing.TB, partitions int32) (*Kafka, func(func())) {
	t.Helper()
	ports, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	start := func() *kfake.Cluster {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(ports...), kfake.DataDir(folder), kfake.SyncWrites())
		if err != nil {
			t.Fatal(err)
		}
		return cluster
	}
	cluster := start()
	t.Cleanup(func() { cluster.Close() })
	return topics(t, partitions, cluster.ListenAddrs()), func(whileDown func()) {
		cluster.Close()
		whileDown()
		cluster = start()
	}
}

func topics(t testing.TB, partitions int32, brokers []string) *Kafka {
	t.Helper()
	suffix := "-" + uuid.NewString()
	k := &Kafka{
		Brokers: brokers, Topic: "ingest-occurrences" + suffix, DeadLetterTopic: "ingest-occurrences-dlq" + suffix,
		Group: "picket-ingest" + suffix,
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.DefaultProduceTopic(k.Topic), kgo.MetadataMinAge(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	k.Client = client
	for _, topic := range []string{k.Topic, k.DeadLetterTopic} {
		if _, err := kadm.NewClient(client).CreateTopic(t.Context(), partitions, 1, nil, topic); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// Committed is the sum of the group's offsets: how many records are done.
func (k *Kafka) Committed(t testing.TB) int64 {
	t.Helper()
	offsets, err := kadm.NewClient(k.Client).FetchOffsets(t.Context(), k.Group)
	if err != nil {
		return 0 // no such group yet
	}
	var sum int64
	offsets.Each(func(o kadm.OffsetResponse) { sum += max(o.At, 0) })
	return sum
}
