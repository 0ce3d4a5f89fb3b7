// Command picket-ingest is the door of Picket: it takes occurrences and status changes over gRPC and from Kafka,
// keeps their payloads, and has the grouping service judge them. `picket-ingest migrate` brings its schema up to date,
// `picket-ingest produce` sends messages to its topic.
package main

import (
	"context"
	"fmt"
	"time"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	pkgconfig "github.com/picket-io/picket/pkg/config"
	"github.com/picket-io/picket/pkg/directory"
	"github.com/picket-io/picket/pkg/grpcclient"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/pkg/program"
	"github.com/picket-io/picket/pkg/telemetry"
	"github.com/picket-io/picket/services/ingest/internal/pipeline"
	"github.com/picket-io/picket/services/ingest/internal/server"
	"github.com/picket-io/picket/services/ingest/internal/store"
	"github.com/picket-io/picket/services/ingest/migrations"
)

func main() { program.Main(run) }

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "produce" {
		return runProduce(ctx, args[1:])
	}
	cfg, err := pkgconfig.Load[config]()
	if err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		return serve(ctx, cfg)
	case len(args) == 1 && args[0] == "migrate":
		return postgres.Migrate(ctx, cfg.DatabaseURL, "ingest", migrations.FS)
	default:
		return fmt.Errorf("unknown arguments %q; without any it serves, `migrate` brings the schema up to date, `produce` sends messages", args)
	}
}

func serve(ctx context.Context, cfg config) error {
	tel, err := telemetry.Setup(ctx, "picket-ingest", cfg.Config)
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

	payloads := store.New(pool, cfg.Retention, time.Now)
	projects := directory.New(groupingv1.NewDirectoryServiceClient(grouping))
	items, err := pipeline.New(payloads, projects, groupingv1.NewGroupingServiceClient(grouping), cfg.Retention)
	if err != nil {
		return err
	}
	grpc, err := grpcserver.Listen(ctx, cfg.GRPCAddr, server.MaxRequestBytes, tel.Log)
	if err != nil {
		return err
	}
	ingestv1.RegisterIngestServiceServer(grpc, server.New(items, payloads, time.Now))
	tel.Log.Info("serving", "addr", grpc.Addr().String(), "kafka", cfg.KafkaBrokers)

	parts := []program.Part{{Name: "grpc", Run: grpc.Run}}
	if len(cfg.KafkaBrokers) > 0 {
		kafka, err := kafkaParts(cfg, items, payloads, grpc, tel.Log)
		if err != nil {
			return err
		}
		parts = append(parts, kafka...)
	}
	return program.Run(ctx, append(parts,
		program.Part{Name: "pipeline", Run: items.Run},
		program.Part{Name: "partitions", Run: func(ctx context.Context) error {
			return payloads.KeepPartitions(ctx, func(err error) { tel.Log.Error("keep partitions", "error", err) })
		}},
		program.Part{Name: "telemetry", Run: tel.Run},
	)...)
}
