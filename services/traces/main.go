// Command picket-traces takes spans in over OTLP and answers which traces match and what they look like. With the
// argument migrate it brings its schema up to date.
package main

import (
	"context"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/config"
	"github.com/picket-io/picket/pkg/directory"
	"github.com/picket-io/picket/pkg/grpcclient"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/pkg/program"
	"github.com/picket-io/picket/pkg/telemetry"
	"github.com/picket-io/picket/services/traces/internal/otlp"
	"github.com/picket-io/picket/services/traces/internal/sender"
	"github.com/picket-io/picket/services/traces/internal/server"
	"github.com/picket-io/picket/services/traces/internal/store"
	"github.com/picket-io/picket/services/traces/migrations"
)

// maxRequestBytes is enough for the largest page of trace ids and queries.
const maxRequestBytes = 4 << 20

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
	tel, err := telemetry.Setup(ctx, "picket-traces", cfg.Telemetry)
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
	ingest, err := grpcclient.Dial(cfg.IngestTarget)
	if err != nil {
		return err
	}
	defer ingest.Close()

	projects := groupingv1.NewDirectoryServiceClient(grouping)
	partitions := partition.NewKeeper(pool, migrations.Schema, store.Tables, time.Duration(cfg.Retention), time.Now)
	spans := store.New(pool, partitions, store.Limits{SearchTime: cfg.SearchTime, ErrorEvents: store.DefaultLimits.ErrorEvents}, time.Now)
	errorEvents, err := sender.New(spans, ingestv1.NewIngestServiceClient(ingest), tel.Log, time.Now)
	if err != nil {
		return err
	}
	door, err := otlp.NewDoor(spans, directory.New(projects, time.Now), otlp.Settings{
		DefaultProjectID: cfg.DefaultProjectID, Retention: time.Duration(cfg.Retention), OnErrors: errorEvents.Wake,
	}, time.Now)
	if err != nil {
		return err
	}
	otlpServer, err := grpcserver.Listen(ctx, cfg.OTLPGRPCAddr, otlp.MaxRequestBytes, tel.Log)
	if err != nil {
		return err
	}
	collectorv1.RegisterTraceServiceServer(otlpServer, otlp.NewGRPC(door))
	otlpHTTP, err := otlp.ListenHTTP(ctx, cfg.OTLPHTTPAddr, otlp.NewHTTP(door, tel.Log))
	if err != nil {
		return err
	}
	apiServer, err := grpcserver.Listen(ctx, cfg.GRPCAddr, maxRequestBytes, tel.Log)
	if err != nil {
		return err
	}
	tracesv1.RegisterTracesServiceServer(apiServer, server.New(spans, projects, time.Duration(cfg.Retention), time.Now))

	onPartitionError := func(err error) { tel.Log.Error("partitions", "error", err) }
	onMergeError := func(err error) { tel.Log.Error("merge of blocks", "error", err) }
	tel.Log.Info("listening", "grpc", apiServer.Addr().String(), "otlp_grpc", otlpServer.Addr().String(),
		"otlp_http", otlpHTTP.Addr().String())
	return program.Run(ctx,
		program.Part{Name: "otlp server", Run: otlpServer.Run},
		program.Part{Name: "otlp http server", Run: otlpHTTP.Run},
		program.Part{Name: "grpc server", Run: apiServer.Run},
		program.Part{Name: "health", Run: func(ctx context.Context) error { return apiServer.WatchDatabase(ctx, tel.Log, pool) }},
		program.Part{Name: "span writer", Run: door.Run},
		program.Part{Name: "error events", Run: errorEvents.Run},
		program.Part{Name: "partitions", Run: func(ctx context.Context) error { return partitions.Run(ctx, onPartitionError) }},
		program.Part{Name: "merges", Run: func(ctx context.Context) error { return spans.RunMerges(ctx, onMergeError) }},
		program.Part{Name: "telemetry", Run: tel.Run},
	)
}
