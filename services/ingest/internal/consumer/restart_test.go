package consumer_test

import (
	"fmt"
	"testing"

	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
	"github.com/picket-io/picket/test/testkafka"
)

// It is not parallel to others, which use the same broker.
func TestABrokerThatRestartsLosesAndDoublesNothing(t *testing.T) {
	kafka, restart := testkafka.NewRestartable(t, 2)
	d := &door{Service: ingesttest.Start(t), Kafka: kafka}
	const keys, each = 4, 30
	send := func(from, to int) {
		for i := from; i < to; i++ {
			for key := range keys {
				d.produceKeyed(t, fmt.Sprint(key), message(fmt.Sprint(key), fmt.Sprintf("%d.%d", key, i)))
			}
		}
	}
	d.consume(t)
	send(0, 10)
	eventually(t, "some are judged", func() bool { return len(d.Grouping.Judged()) > 0 })
	restart(func() { send(10, 20) }) // the producer keeps what it cannot send
	send(20, each)
	d.flush(t)
	eventually(t, "all are judged and committed", func() bool {
		return len(d.Grouping.Judged()) == keys*each && d.Committed(t) == keys*each
	})
	d.inOrder(t, keys)
}
