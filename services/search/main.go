// Command picket-search is the front of Picket: it finds issues and traces. With the argument migrate it brings its schema
// up to date.
package main

import (
	"context"
	"fmt"
	"time"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/config"
	"github.com/picket-io/picket/pkg/grpcclient"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/pkg/program"
	"github.com/picket-io/picket/pkg/telemetry"
	"github.com/picket-io/picket/services/search/internal/server"
	"github.com/picket-io/picket/services/search/internal/store"
	"github.com/picket-io/picket/services/search/migrations"
)

// maxRequestBytes is far above any search: the longest have a thousand project ids and twenty queries.
const maxRequestBytes = 1 << 20

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
	tel, err := telemetry.Setup(ctx, "picket-search", cfg.Telemetry)
	if err != nil {
		return err
	}
	reader, err := postgres.Open(ctx, cfg.ReaderDatabaseURL)
	if err != nil {
		return fmt.Errorf("PICKET_READER_DATABASE_URL: %w", err)
	}
	defer reader.Close()
	writer, err := postgres.Open(ctx, cfg.DatabaseURL)
	if err != nil {
		return fmt.Errorf("PICKET_DATABASE_URL: %w", err)
	}
	defer writer.Close()
	traces, err := grpcclient.Dial(cfg.TracesTarget)
	if err != nil {
		return fmt.Errorf("PICKET_TRACES_TARGET: %w", err)
	}
	defer traces.Close()
	grouping, err := grpcclient.Dial(cfg.GroupingTarget)
	if err != nil {
		return fmt.Errorf("PICKET_GROUPING_TARGET: %w", err)
	}
	defer grouping.Close()

	srv, err := grpcserver.Listen(ctx, cfg.GRPCAddr, maxRequestBytes, tel.Log)
	if err != nil {
		return err
	}
	api := server.New(server.Parts{
		Issues:        store.New(reader, store.Limits{Time: cfg.StatementTimeout, Cost: cfg.MaxCost, Patience: time.Second}),
		SavedSearches: store.NewSavedSearches(writer), Grouping: groupingv1.NewGroupingServiceClient(grouping),
		Traces: tracesv1.NewTracesServiceClient(traces), Now: time.Now, Retention: time.Duration(cfg.Retention),
		MatchingEvents: server.MatchingEvents,
	})
	searchv1.RegisterSearchServiceServer(srv, api)
	tel.Log.Info("serving", "addr", srv.Addr().String())
	return program.Run(ctx,
		program.Part{Name: "gRPC server", Run: srv.Run},
		program.Part{Name: "health", Run: func(ctx context.Context) error { return srv.WatchDatabase(ctx, tel.Log, reader, writer) }},
		program.Part{Name: "telemetry", Run: tel.Run},
	)
}
