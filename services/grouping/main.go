// Command picket-grouping judges items: which issue each belongs to, and what it does to that issue. It owns issues
// and the directory of organizations and projects.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/config"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/pkg/program"
	"github.com/picket-io/picket/pkg/telemetry"
	"github.com/picket-io/picket/services/grouping/internal/assign"
	"github.com/picket-io/picket/services/grouping/internal/lifecycle"
	"github.com/picket-io/picket/services/grouping/internal/limits"
	"github.com/picket-io/picket/services/grouping/internal/server"
	"github.com/picket-io/picket/services/grouping/internal/store"
	"github.com/picket-io/picket/services/grouping/migrations"
)

// maxRequestBytes lets a batch of 5,000 items through, each with 200 tags at their limits only in part.
const maxRequestBytes = 64 << 20

func main() {
	program.Main(func(ctx context.Context, args []string) error {
		switch {
		case len(args) == 0:
			return run(ctx)
		case len(args) == 1 && args[0] == "migrate":
			return migrate(ctx)
		default:
			return fmt.Errorf("usage: picket-grouping [migrate]")
		}
	})
}

func migrate(ctx context.Context) error {
	cfg, err := config.Load[MigrateConfig]()
	if err != nil {
		return err
	}
	return postgres.Migrate(ctx, cfg.DatabaseURL, store.Schema, migrations.FS)
}

func run(ctx context.Context) error {
	cfg, err := config.Load[Config]()
	if err != nil {
		return err
	}
	tel, err := telemetry.Setup(ctx, "picket-grouping", cfg.Telemetry)
	if err != nil {
		return err
	}
	pool, err := postgres.Open(ctx, cfg.DatabaseURL)
	if err != nil {
		return err
	}
	defer pool.Close()
	redisOptions, err := redis.ParseURL(cfg.RedisURL)
	if err != nil {
		return fmt.Errorf("PICKET_REDIS_URL: %w", err)
	}
	redisClient := redis.NewClient(redisOptions)
	defer redisClient.Close()

	groups := store.New(pool, cfg.Retention, time.Now)
	assigner, err := assign.New(groups, limits.New(redisClient, time.Now), tel.Log, time.Now)
	if err != nil {
		return err
	}
	grpcServer, err := grpcserver.Listen(ctx, cfg.GRPCAddr, maxRequestBytes, tel.Log)
	if err != nil {
		return err
	}
	groupingv1.RegisterGroupingServiceServer(grpcServer, server.NewGrouping(assigner, lifecycle.New(groups, time.Now), groups))
	groupingv1.RegisterDirectoryServiceServer(grpcServer, server.NewDirectory(groups))
	tel.Log.InfoContext(ctx, "serving", "addr", grpcServer.Addr().String())

	return program.Run(ctx,
		program.Part{Name: "grpc", Run: grpcServer.Run},
		program.Part{Name: "assigner", Run: assigner.Run},
		program.Part{Name: "partitions", Run: func(ctx context.Context) error {
			return groups.Partitions().Run(ctx, func(err error) { tel.Log.ErrorContext(ctx, "partitions", "error", err) })
		}},
		program.Part{Name: "telemetry", Run: tel.Run},
	)
}
