// Package ingesttest runs the ingest service in a test: its real server, pipeline and store, on a database of the
// test's own, beside a grouping service in memory.
package ingesttest

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
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
	"github.com/picket-io/picket/services/ingest/internal/deadletters"
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

	GroupingClient groupingv1.GroupingServiceClient
	Directory      *directory.Directory

	Pipeline *pipeline.Pipeline
	Store    *store.Store
	Pool     *pgxpool.Pool
	Replayer *deadletters.Replayer

	ahead atomic.Int64
}

// Advance moves the replayer's clock.
func (s *Service) Advance(d time.Duration) { s.ahead.Add(int64(d)) }

// Ahead is how far the replayer's clock has been moved.
func (s *Service) Ahead() time.Duration { return time.Duration(s.ahead.Load()) }

func (s *Service) now() time.Time { return time.Now().Add(s.Ahead()) }

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
	judge := groupingv1.NewGroupingServiceClient(conn)
	projects := directory.New(groupingv1.NewDirectoryServiceClient(conn), time.Now)
	items, err := pipeline.New(payloads, projects, judge, Retention)
	if err != nil {
		t.Fatal(err)
	}
	rejections, err := server.NewRejections(payloads, projects, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	Run(t, items.Run)
	Run(t, rejections.Run)
	s := &Service{Grouping: grouping, GroupingClient: judge, Directory: projects, Pipeline: items, Store: payloads, Pool: pool}
	s.Replayer = deadletters.NewReplayer(items, payloads, s.now)
	client := serve(t, server.MaxRequestBytes, func(r *grpcserver.Server) {
		ingestv1.RegisterIngestServiceServer(r, server.New(items, payloads, s.Replayer, judge, time.Now))
	}, rejections.Intercept)
	s.Client = ingestv1.NewIngestServiceClient(client)
	return s
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

func serve(t testing.TB, maxRequestBytes int, register func(*grpcserver.Server), interceptors ...grpc.UnaryServerInterceptor) *grpc.ClientConn {
	t.Helper()
	if maxRequestBytes == 0 {
		maxRequestBytes = 64 << 20
	}
	lis := bufconn.Listen(1 << 20)
	s := grpcserver.New(lis, maxRequestBytes, slog.New(slog.DiscardHandler), interceptors...)
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
