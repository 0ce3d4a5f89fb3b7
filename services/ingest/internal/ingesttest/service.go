// Package ingesttest runs the ingest service in a test: its real server, pipeline and store, on a database of the
// test's own, beside a grouping service in memory.
package ingesttest

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	provision "github.com/picket-io/picket/deploy/postgres"
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/pkg/directory"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/ingest/internal/pipeline"
	"github.com/picket-io/picket/services/ingest/internal/server"
	"github.com/picket-io/picket/services/ingest/internal/store"
	"github.com/picket-io/picket/test/testdb"
)

// Retention of the service under test.
const Retention = 90 * 24 * time.Hour

// Service is an ingest service that runs until the test ends.
type Service struct {
	Client   ingestv1.IngestServiceClient
	Grouping *Grouping
	Pipeline *pipeline.Pipeline
	Store    *store.Store
	Pool     *pgxpool.Pool
}

// Start starts a service.
func Start(t testing.TB) *Service {
	t.Helper()
	grouping := newGrouping()
	conn := serve(t, 0, func(s *grpcserver.Server) {
		groupingv1.RegisterGroupingServiceServer(s, grouping)
		groupingv1.RegisterDirectoryServiceServer(s, grouping)
	})
	pool := testdb.New(t).Pool(t, provision.Ingest)
	payloads := store.New(pool, Retention, time.Now)
	items, err := pipeline.New(payloads, directory.New(groupingv1.NewDirectoryServiceClient(conn)),
		groupingv1.NewGroupingServiceClient(conn), Retention)
	if err != nil {
		t.Fatal(err)
	}
	Run(t, items.Run)
	client := serve(t, server.MaxRequestBytes, func(s *grpcserver.Server) {
		ingestv1.RegisterIngestServiceServer(s, server.New(items, payloads, time.Now))
	})
	return &Service{
		Client: ingestv1.NewIngestServiceClient(client), Grouping: grouping, Pipeline: items, Store: payloads, Pool: pool,
	}
}

// Run runs a part of a program until stop is called or the test ends, whichever is first, and waits for its end.
func Run(t testing.TB, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("a part of the program ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func serve(t testing.TB, maxRequestBytes int, register func(*grpcserver.Server)) *grpc.ClientConn {
	t.Helper()
	if maxRequestBytes == 0 {
		maxRequestBytes = 64 << 20
	}
	lis := bufconn.Listen(1 << 20)
	s := grpcserver.New(lis, maxRequestBytes, slog.New(slog.DiscardHandler))
	register(s)
	Run(t, s.Run)
	conn, err := grpc.NewClient("passthrough:///test", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
