package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

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
	close   func()
}

func openHouse(ctx context.Context) (*house, error) {
	adminURL := os.Getenv("PICKET_TEST_DATABASE_URL")
	admin, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return nil, err
	}
	h := &house{admin: admin}
	if _, err := admin.Exec(ctx, "DROP DATABASE IF EXISTS "+database+" WITH (FORCE)"); err != nil {
		return nil, err
	}
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
	if err := provision.Database(ctx, adminURL, database); err != nil {
		return nil, err
	}
	url, err := provision.URL(adminURL, provision.Traces, database)
	if err != nil {
		return nil, err
	}
	if err := postgres.Migrate(ctx, url, migrations.Schema, migrations.FS); err != nil {
		return nil, err
	}
	if h.pool, err = postgres.Open(ctx, url); err != nil {
		return nil, err
	}
	var fsync, commit string
	if err := h.pool.QueryRow(ctx, "SELECT current_setting('fsync'), current_setting('synchronous_commit')").Scan(&fsync, &commit); err != nil {
		return nil, err
	}
	h.version += fmt.Sprintf(", fsync %s, synchronous_commit %s", fsync, commit)
	h.spans = store.New(h.pool, partition.NewKeeper(h.pool, migrations.Schema, store.Tables, retention, time.Now), time.Now)
	h.close = func() {
		h.pool.Close()
		admin.Exec(context.WithoutCancel(ctx), "DROP DATABASE "+database+" WITH (FORCE)") //nolint:errcheck // the next run drops it
		admin.Close(context.WithoutCancel(ctx))
	}
	return h, nil
}

// projects is a directory of one project.
type projects struct {
	groupingv1.UnimplementedDirectoryServiceServer
}

func (projects) GetProject(context.Context, *groupingv1.GetProjectRequest) (*groupingv1.GetProjectResponse, error) {
	return &groupingv1.GetProjectResponse{Project: &groupingv1.Project{Id: 1, OrganizationId: 1, Slug: "bench"}}, nil
}

// measureStore sends over gRPC, as an exporter does.
func measureStore(ctx context.Context, h *house) error {
	directoryConn, stopDirectory, err := serve(func(s *grpc.Server) { groupingv1.RegisterDirectoryServiceServer(s, projects{}) })
	if err != nil {
		return err
	}
	defer stopDirectory()
	door, err := otlp.NewDoor(h.spans, directory.New(groupingv1.NewDirectoryServiceClient(directoryConn), time.Now),
		otlp.Settings{DefaultProjectID: 1, Retention: retention, OnErrors: func() {}}, time.Now)
	if err != nil {
		return err
	}
	conn, stopDoor, err := serve(func(s *grpc.Server) { collectorv1.RegisterTraceServiceServer(s, otlp.NewGRPC(door)) })
	if err != nil {
		return err
	}
	defer stopDoor()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go door.Run(ctx) //nolint:errcheck // it gives nil
	client := collectorv1.NewTraceServiceClient(conn)
	took, err := load(ctx, func(ctx context.Context, req *collectorv1.ExportTraceServiceRequest) error {
		resp, err := client.Export(ctx, req)
		if err == nil && resp.GetPartialSuccess().GetRejectedSpans() > 0 {
			err = fmt.Errorf("rejected: %v", resp.GetPartialSuccess())
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := report(ctx, h.pool, "blocks, OTLP Export to durable", "span_blocks", took); err != nil {
		return err
	}
	if err := h.searches(ctx); err != nil || *callTraces*spansPerTrace > smallCall {
		return err
	}
	began := time.Now()
	steps, err := h.spans.MergeBlocks(ctx)
	if err != nil {
		return err
	}
	if _, err := h.pool.Exec(ctx, "VACUUM FULL span_blocks"); err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%d merges in %.1f s\n", steps, time.Since(began).Seconds())
	if err := report(ctx, h.pool, "blocks, merged", "span_blocks", took); err != nil {
		return err
	}
	return h.searches(ctx)
}

// smallCall is the number of spans up to which calls make blocks that are merged.
const smallCall = 256

func (h *house) searches(ctx context.Context) error {
	for _, kind := range kinds {
		if err := timed(kind.name, func(r *rand.Rand) (int, error) { return h.match(ctx, queryText(kind.make(r))) }); err != nil {
			return err
		}
	}
	two := func(r *rand.Rand) (int, error) {
		a, b := anyAttribute(r), search{service: service(r)}
		return h.match(ctx, queryText(a), queryText(b))
	}
	if err := timed("two queries", two); err != nil {
		return err
	}
	return timed("trace by id", func(r *rand.Rand) (int, error) {
		spans, err := h.spans.ReadTrace(ctx, 1, traces.TraceID(traceID(r.IntN(*spanCount/spansPerTrace))), 10_000)
		return len(spans), err
	})
}

func queryText(s search) string {
	var filters []string
	if s.service != "" {
		filters = append(filters, "service.name:"+s.service)
	}
	if s.op != "" {
		filters = append(filters, "span.op:"+s.op)
	}
	if s.longer > 0 {
		filters = append(filters, fmt.Sprintf("span.duration:>%dms", s.longer.Milliseconds()))
	}
	if s.key != "" {
		filters = append(filters, fmt.Sprintf("%s:%q", s.key, s.value))
	}
	return strings.Join(filters, " ")
}

func (h *house) match(ctx context.Context, texts ...string) (int, error) {
	now := time.Now()
	match := store.Match{
		Scope: store.Scope{OrganizationID: 1, From: now.Add(-retention), To: now.Add(24 * time.Hour)}, Limit: 101,
	}
	for _, text := range texts {
		tree, err := searchquery.Parse(text, fields.Spans())
		if err != nil {
			return 0, err
		}
		match.Queries = append(match.Queries, block.Query{Tree: tree, Now: now})
	}
	found, err := h.spans.MatchTraces(ctx, match)
	return len(found), err
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
