package main

import (
	"context"
	"fmt"
	"math"
	"net"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	provision "github.com/picket-io/picket/deploy/postgres"
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/directory"
	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/pkg/searchquery/fields"
	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/otlp"
	"github.com/picket-io/picket/services/traces/internal/store"
	"github.com/picket-io/picket/services/traces/internal/traces"
	"github.com/picket-io/picket/services/traces/migrations"
	"github.com/picket-io/picket/test/bench/floor"
)

const (
	database  = "picket_bench_traces"
	retention = 90 * 24 * time.Hour
)

// house is the traces service over a database of its own.
type house struct {
	admin   *pgx.Conn
	pool    *pgxpool.Pool
	version string
	spans   *store.Store
	floors  *floor.Meter
	close   func()
}

func openHouse(ctx context.Context) (*house, error) {
	adminURL := os.Getenv("PICKET_TEST_DATABASE_URL")
	admin, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return nil, err
	}
	h := &house{admin: admin}
	if err := admin.QueryRow(ctx, "SELECT split_part(version(), ' on ', 1)").Scan(&h.version); err != nil {
		return nil, err
	}
	passwords, err := provision.Passwords(adminURL)
	if err != nil {
		return nil, err
	}
	if err := provision.Roles(ctx, adminURL, passwords); err != nil {
		return nil, err
	}
	url, err := provision.URL(adminURL, provision.Traces, database)
	if err != nil {
		return nil, err
	}
	if *phase != searchPhase {
		if err := makeDatabase(ctx, admin, adminURL, url); err != nil {
			return nil, err
		}
	}
	if h.pool, err = postgres.Open(ctx, url); err != nil {
		return nil, err
	}
	var fsync, commit string
	if err := h.pool.QueryRow(ctx, "SELECT current_setting('fsync'), current_setting('synchronous_commit')").Scan(&fsync, &commit); err != nil {
		return nil, err
	}
	h.version += fmt.Sprintf(", fsync %s, synchronous_commit %s", fsync, commit)
	h.spans = store.New(h.pool, partition.NewKeeper(h.pool, migrations.Schema, store.Tables, retention, time.Now), store.DefaultLimits, time.Now)
	call := proto.Size(newGenerator(*seed, time.Now(), time.Second).call())
	if h.floors, err = floor.Open(ctx, floor.Options{DatabaseURL: adminURL, Message: call}); err != nil {
		return nil, err
	}
	h.close = func() {
		h.floors.Close(context.WithoutCancel(ctx))
		h.pool.Close()
		if *phase == "" {
			admin.Exec(context.WithoutCancel(ctx), "DROP DATABASE "+database+" WITH (FORCE)") //nolint:errcheck // the next run drops it
		}
		admin.Close(context.WithoutCancel(ctx))
	}
	return h, nil
}

func makeDatabase(ctx context.Context, admin *pgx.Conn, adminURL, url string) error {
	if _, err := admin.Exec(ctx, "DROP DATABASE IF EXISTS "+database+" WITH (FORCE)"); err != nil {
		return err
	}
	if err := provision.Database(ctx, adminURL, database); err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, url, migrations.Schema, migrations.FS); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "CREATE TABLE bench_loads (table_name text PRIMARY KEY, spans bigint)")
	return err
}

// projects is a directory of one project.
type projects struct {
	groupingv1.UnimplementedDirectoryServiceServer
}

func (projects) GetProject(context.Context, *groupingv1.GetProjectRequest) (*groupingv1.GetProjectResponse, error) {
	return &groupingv1.GetProjectResponse{Project: &groupingv1.Project{Id: 1, OrganizationId: 1, Slug: "bench"}}, nil
}

const blocksTable = "span_blocks"

func measureStore(ctx context.Context, h *house) error {
	spans, err := stored(ctx, h.pool, blocksTable, "blocks, OTLP Export to durable", h.loadStore)
	if err != nil || *phase == loadPhase {
		return err
	}
	if err := measureSearches(ctx, h.floors, h, spans); err != nil || *callTraces*spansPerTrace > smallCall {
		return err
	}
	return h.measureMerged(ctx, spans)
}

// smallCall is the number of spans up to which calls make blocks that are merged.
const smallCall = 256

func (h *house) measureMerged(ctx context.Context, spans int) error {
	began := time.Now()
	steps, err := h.spans.MergeBlocks(ctx)
	if err != nil {
		return err
	}
	took := time.Since(began)
	fmt.Fprintf(os.Stdout, "%d merges in %.1f s\n", steps, took.Seconds())
	if err := report(ctx, h.pool, "blocks, merged, with the room of those that were", blocksTable, loaded{spans, took}); err != nil {
		return err
	}
	if _, err := h.pool.Exec(ctx, "VACUUM FULL ANALYZE "+blocksTable); err != nil {
		return err
	}
	if err := report(ctx, h.pool, "blocks, merged, in a table of their own", blocksTable, loaded{spans, took}); err != nil {
		return err
	}
	return measureSearches(ctx, h.floors, h, spans)
}

// loadStore sends over gRPC, as an exporter does.
func (h *house) loadStore(ctx context.Context) (loaded, error) {
	directoryConn, stopDirectory, err := serve(func(s *grpc.Server) { groupingv1.RegisterDirectoryServiceServer(s, projects{}) })
	if err != nil {
		return loaded{}, err
	}
	defer stopDirectory()
	door, err := otlp.NewDoor(h.spans, directory.New(groupingv1.NewDirectoryServiceClient(directoryConn), time.Now),
		otlp.Settings{DefaultProjectID: 1, Retention: retention, OnErrors: func() {}}, time.Now)
	if err != nil {
		return loaded{}, err
	}
	conn, stopDoor, err := serve(func(s *grpc.Server) { collectorv1.RegisterTraceServiceServer(s, otlp.NewGRPC(door)) })
	if err != nil {
		return loaded{}, err
	}
	defer stopDoor()
	doorCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	go door.Run(doorCtx) //nolint:errcheck // it gives nil
	if *merging {
		go h.spans.RunMerges(doorCtx, func(err error) { fmt.Fprintln(os.Stderr, "merge:", err) }) //nolint:errcheck // it gives nil
	}
	client := collectorv1.NewTraceServiceClient(conn)
	done, err := load(ctx, func(ctx context.Context, req *collectorv1.ExportTraceServiceRequest) error {
		resp, err := client.Export(ctx, req)
		if err == nil && resp.GetPartialSuccess().GetRejectedSpans() > 0 {
			err = fmt.Errorf("rejected: %v", resp.GetPartialSuccess())
		}
		return err
	})
	if err != nil {
		return done, err
	}
	var blocks, small int
	err = h.pool.QueryRow(ctx, "SELECT count(*), count(*) FILTER (WHERE spans <= $1) FROM span_blocks", smallCall).Scan(&blocks, &small)
	if err != nil {
		return done, err
	}
	fmt.Fprintf(os.Stdout, "%d blocks, %d of them small\n", blocks, small)
	return done, settle(ctx, h.pool, blocksTable, done)
}

func (h *house) search(ctx context.Context, k kind, searches []search) (int, error) {
	now := time.Now()
	scope := store.Scope{OrganizationID: 1, From: now.Add(-retention), To: now.Add(24 * time.Hour)}
	var queries []block.Query
	for _, s := range searches {
		tree, err := searchquery.Parse(s.query(), fields.Spans())
		if err != nil {
			return 0, err
		}
		queries = append(queries, block.Query{Tree: tree, Now: now})
	}
	if k.isSeries {
		scope.From, scope.To = now.Add(-2*time.Hour), now
		series, err := h.spans.Stats(ctx, store.Stats{
			Scope: scope, Queries: queries, Axes: []store.Axis{{Aggregate: traces.Aggregate{Function: traces.Count}}},
			Buckets: traces.BucketsOf(scope.From, scope.To, time.Minute),
		})
		return len(series), err
	}
	match := store.Match{Scope: scope, Queries: queries, Limit: page}
	if k.isMetric {
		metric, _ := traces.MetricOf(traces.MRI{Entity: "d", Namespace: "spans", Name: "duration", Unit: "millisecond"})
		least := float64(searches[0].longer.Milliseconds())
		queries[0].Metric = &block.MetricCondition{Metric: metric, Min: &least}
		match.Queries, match.Metric = nil, &queries[0]
	}
	found, err := h.spans.MatchTraces(ctx, match)
	return len(found), err
}

func (h *house) trace(ctx context.Context, id []byte) (int, error) {
	spans, err := h.spans.ReadTrace(ctx, 1, traces.TraceID(id), 10_000)
	return len(spans), err
}

func serve(register func(*grpc.Server)) (*grpc.ClientConn, func(), error) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	s := grpc.NewServer(grpc.MaxRecvMsgSize(math.MaxInt32))
	register(s)
	go s.Serve(lis) //nolint:errcheck // it ends with Stop
	conn, err := grpc.NewClient(lis.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	return conn, s.Stop, err
}
