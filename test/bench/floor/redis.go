package floor

import (
	"context"

	"github.com/redis/go-redis/v9"
)

const pipelineCommands = 1_000

func (m *Meter) pipelined(ctx context.Context) (Figure, error) {
	figure, err := m.call(ctx, 1, func(ctx context.Context, _ int) error {
		_, err := m.redis.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for range pipelineCommands {
				pipe.Incr(ctx, "picket:floor")
			}
			return nil
		})
		return err
	})
	return Figure{Rate: figure.Rate * pipelineCommands}, err
}
