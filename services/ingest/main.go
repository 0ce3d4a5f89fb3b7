// Command picket-ingest is the door of Picket: it takes occurrences and status changes over gRPC and from Kafka,
// keeps their payloads, and has the grouping service judge them. With the argument migrate it brings its schema up to date,
// with the argument produce it sends messages to its topic.
package main

import (
	"context"
	"os"
	"time"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/pkg/config"
	"github.com/picket-io/picket/pkg/directory"
	"github.com/picket-io/picket/pkg/grpcclient"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/pkg/program"
	"github.com/picket-io/picket/pkg/telemetry"
	"github.com/picket-io/picket/services/ingest/internal/deadletters"
	"github.com/picket-io/picket/services/ingest/internal/erasure"
	"github.com/picket-io/picket/services/ingest/internal/pipeline"
	"github.com/picket-io/picket/services/ingest/internal/server"
	"github.com/picket-io/picket/services/ingest/internal/store"
	"github.com/picket-io/picket/services/ingest/migrations"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "produce" {
		program.Main(func(ctx context.Context, args []string) error { return runProduce(ctx, args[1:]) })
		return
	}
	program.Service(serve, migrate)
}

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
	tel, err := telemetry.Setup(ctx, "picket-ingest", cfg.Telemetry)
	if err != nil {
		return err
	}
	pool, err := postgres.Open(ctx, cfg.DatabaseURL)
	if err != nil {
		return err
	}
	defer pool.Close()
	grouping, err := grpcclient.Dial(cfg.GroupingTarget)
	if err != nil {
		return err
	}
	defer grouping.Close()

	payloads := store.New(pool, time.Duration(cfg.Retention), time.Now)
	projects := directory.New(groupingv1.NewDirectoryServiceClient(grouping), time.Now)
	judge := groupingv1.NewGroupingServiceClient(grouping)
	items, err := pipeline.New(payloads, projects, judge, time.Duration(cfg.Retention))
	if err != nil {
		return err
	}
	rejections, err := server.NewRejections(payloads, projects, time.Now)
	if err != nil {
		return err
	}
	replayer := deadletters.NewReplayer(items, payloads, time.Now)
	grpc, err := grpcserver.Listen(ctx, cfg.GRPCAddr, server.MaxRequestBytes, tel.Log, rejections.Intercept)
	if err != nil {
		return err
	}
	ingestv1.RegisterIngestServiceServer(grpc, server.New(items, payloads, replayer, judge, time.Now))
	tel.Log.Info("serving", "addr", grpc.Addr().String(), "kafka", cfg.KafkaBrokers)

	parts := []program.Part{
		{Name: "grpc", Run: grpc.Run},
		{Name: "health", Run: func(ctx context.Context) error { return grpc.WatchDatabase(ctx, tel.Log, pool) }},
	}
	if len(cfg.KafkaBrokers) > 0 {
		kafka, err := kafkaParts(cfg, items, payloads, grpc, tel.Log)
		if err != nil {
			return err
		}
		parts = append(parts, kafka...)
	}
	return program.Run(ctx, append(parts,
		program.Part{Name: "dead letters", Run: func(ctx context.Context) error {
			return replayer.RetryParked(ctx, func(err error) { tel.Log.Warn("retry dead letters", "error", err) })
		}},
		program.Part{Name: "erasure", Run: func(ctx context.Context) error {
			return erasure.New(judge, payloads, time.Now).Run(ctx, func(err error) { tel.Log.Warn("erase payloads", "error", err) })
		}},
		program.Part{Name: "rejections", Run: rejections.Run},
		program.Part{Name: "pipeline", Run: items.Run},
		program.Part{Name: "partitions", Run: func(ctx context.Context) error {
			return payloads.KeepPartitions(ctx, func(err error) { tel.Log.Error("keep partitions", "error", err) })
		}},
		program.Part{Name: "purge", Run: func(ctx context.Context) error {
			return payloads.Purge(ctx, func(letters int64) { tel.Log.Warn("dead letters past retention are gone", "count", letters) },
				func(err error) { tel.Log.Error("purge", "error", err) })
		}},
		program.Part{Name: "telemetry", Run: tel.Run},
	)...)
}
