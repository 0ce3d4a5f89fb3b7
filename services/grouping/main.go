// Command picket-grouping judges items: which issue each belongs to, and what it does to that issue. It owns issues
// and the directory of organizations and projects. With the argument migrate it brings its schema up to date.
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

func main() { program.Service(serve, migrate) }

func migrate(ctx context.Context) error {
	cfg, err := config.Load[migrateConfig]()
	if err != nil {
		return err
	}
	return postgres.Migrate(ctx, cfg.DatabaseURL, migrations.Schema, migrations.FS)
}

func serve(ctx context.Context) error {
	cfg, err := config.Load[serveConfig]()
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
	quotas := limits.New(redisOptions, limits.Patience, time.Now)
	defer quotas.Close()

	groups := store.New(pool, time.Duration(cfg.Retention), time.Now)
	changes := lifecycle.New(groups, time.Duration(cfg.Retention), time.Now)
	assigner, err := assign.New(groups, quotas, changes.ReleaseArrived, tel.Log, time.Now)
	if err != nil {
		return err
	}
	grpcServer, err := grpcserver.Listen(ctx, cfg.GRPCAddr, maxRequestBytes, tel.Log)
	if err != nil {
		return err
	}
	groupingv1.RegisterGroupingServiceServer(grpcServer, server.NewGrouping(assigner, changes, groups))
	groupingv1.RegisterDirectoryServiceServer(grpcServer, server.NewDirectory(groups, changes, time.Now))
	tel.Log.Info("serving", "addr", grpcServer.Addr().String())

	return program.Run(ctx,
		program.Part{Name: "grpc", Run: grpcServer.Run},
		program.Part{Name: "health", Run: func(ctx context.Context) error { return grpcServer.WatchDatabase(ctx, tel.Log, pool) }},
		program.Part{Name: "assigner", Run: assigner.Run},
		program.Part{Name: "sweeps", Run: func(ctx context.Context) error {
			return changes.Run(ctx, func(err error) { tel.Log.ErrorContext(ctx, "sweep", "error", err) })
		}},
		program.Part{Name: "releases", Run: func(ctx context.Context) error {
			return changes.RunReleases(ctx, func(err error) { tel.Log.ErrorContext(ctx, "releases", "error", err) })
		}},
		program.Part{Name: "merges", Run: func(ctx context.Context) error {
			return changes.RunMoves(ctx, func(err error) { tel.Log.ErrorContext(ctx, "merges", "error", err) })
		}},
		program.Part{Name: "partitions", Run: func(ctx context.Context) error {
			return groups.Partitions().Run(ctx, func(err error) { tel.Log.ErrorContext(ctx, "partitions", "error", err) })
		}},
		program.Part{Name: "telemetry", Run: tel.Run},
	)
}
