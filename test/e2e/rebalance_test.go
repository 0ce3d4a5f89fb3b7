package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/picket-io/picket/test/testkafka"
)

// door is the environment of an ingest service that reads the topic of a test.
func door(k *testkafka.Kafka) []string {
	return []string{
		"PICKET_KAFKA_TOPIC=" + k.Topic, "PICKET_KAFKA_DEAD_LETTER_TOPIC=" + k.DeadLetterTopic, "PICKET_KAFKA_GROUP=" + k.Group,
	}
}

// awaitMembers waits until so many processes share the partitions.
func awaitMembers(t *testing.T, k *testkafka.Kafka, members int) {
	t.Helper()
	eventually(t, recovery, fmt.Sprintf("%d processes have partitions", members), func() bool {
		groups, err := kadm.NewClient(k.Client).DescribeGroups(t.Context(), k.Group)
		if err != nil {
			return false
		}
		sharing := 0
		for _, member := range groups[k.Group].Members {
			if assigned, ok := member.Assigned.AsConsumer(); ok && len(assigned.Topics) > 0 {
				sharing++
			}
		}
		return groups[k.Group].State == "Stable" && sharing == members
	})
}

func TestPartitionsMoveBetweenIngestProcessesAndNothingIsLostOrCountedTwice(t *testing.T) {
	t.Parallel()
	kafka := testkafka.New(t, 4)
	s := newStack(t, kafka.Brokers[0], door(kafka)...)
	records := newStream(t)
	var serial int
	records.run(func() {
		serial++
		fingerprint := fmt.Sprintf("kafka %d", serial%fingerprints)
		value := message(t, occurrence(t, fingerprint, someTrace))
		records.send(t.Context(), func() error {
			return kafka.Client.ProduceSync(t.Context(), &kgo.Record{Key: []byte(fingerprint), Value: value}).FirstErr()
		})
		<-time.After(betweenRecords)
	})
	records.awaitFlow(t, "records")
	awaitMembers(t, kafka, 1)

	second := s.startReplica(t, "ingest") // takes some of the partitions over
	awaitMembers(t, kafka, 2)
	records.awaitFlow(t, "records")
	s.services["ingest"].kill(t) // the other gets them all when its session ends
	awaitMembers(t, kafka, 1)
	records.awaitFlow(t, "records")
	s.services["ingest"].start(t)
	s.services["ingest"].awaitServing(t)
	awaitMembers(t, kafka, 2)
	records.awaitFlow(t, "records")
	second.stop(t) // gives its partitions back
	awaitMembers(t, kafka, 1)
	records.awaitFlow(t, "records")
	second.start(t)
	second.awaitServing(t) // before that it cannot stop well

	records.finish()
	records.group.Wait()
	s.expectCount(t, "kafka", records.acknowledged.Load())
	eventually(t, recovery, "all is committed", func() bool { return kafka.Committed(t) == records.acknowledged.Load() })
}
