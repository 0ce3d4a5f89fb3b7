package consumer

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
)

func (c *Consumer) assigned(_ context.Context, client *kgo.Client, partitions map[string][]int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
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
	for _, w := range c.takeOut(partitions) {
		<-w.stopped
	}
}

// takeOut tells the workers of partitions to stop and forgets them.
func (c *Consumer) takeOut(partitions map[string][]int32) []*worker {
	c.mu.Lock()
	defer c.mu.Unlock()
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
	return stopping
}

func (c *Consumer) worker(topic string, partition int32) *worker {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.workers[topic][partition]
}

// assignments gives the workers of the partitions that are assigned.
func (c *Consumer) assignments() []*worker {
	c.mu.Lock()
	defer c.mu.Unlock()
	var workers []*worker
	for _, partitions := range c.workers {
		for _, w := range partitions {
			workers = append(workers, w)
		}
	}
	return workers
}
