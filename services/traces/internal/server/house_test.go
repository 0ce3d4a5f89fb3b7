package server_test

import (
	"context"
	"log/slog"
	"net"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	provision "github.com/picket-io/picket/deploy/postgres"
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/directory"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/services/traces/internal/otlp"
	"github.com/picket-io/picket/services/traces/internal/server"
	"github.com/picket-io/picket/services/traces/internal/store"
	"github.com/picket-io/picket/services/traces/migrations"
	"github.com/picket-io/picket/test/testdb"
)

const retention = 90 * 24 * time.Hour

// now is when every test happens.
var now = time.Date(2026, 3, 1, 12, 0, 0, 123_456_789, time.UTC)

// house is the traces service with its own database, and a directory of projects beside it.
type house struct {
	collectorv1.TraceServiceClient // the door
	tracesv1.TracesServiceClient
	directory *projects
	projects  groupingv1.DirectoryServiceClient // to it
	spans     *store.Store
	pool      *pgxpool.Pool // of the service's role
	otlpAddr  string        // of the door over TCP
	otlpURL   string        // of the door over HTTP
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return newHouseAt(t, func() time.Time { return now })
}

func newHouseAt(t *testing.T, clock func() time.Time) *house {
	t.Helper()
	return newHouseWith(t, clock, store.DefaultLimits)
}

func newHouseWith(t *testing.T, clock func() time.Time, limits store.Limits) *house {
	t.Helper()
	h := &house{directory: &projects{}}
	directoryServer := serve(t, bufconn.Listen(1<<20), func(s *grpcserver.Server) {
		groupingv1.RegisterDirectoryServiceServer(s, h.directory)
	})
	client := groupingv1.NewDirectoryServiceClient(directoryServer)
	h.projects = client

	h.pool = testdb.New(t).Pool(t, provision.Traces)
	h.spans = h.newStore(limits, clock)
	door, err := otlp.NewDoor(h.spans, directory.New(client, clock), otlp.Settings{Retention: retention, OnErrors: func() {}}, clock)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		door.Run(ctx) //nolint:errcheck // it gives nil
		close(stopped)
	}()
	t.Cleanup(func() { stop(); <-stopped })

	register := func(s *grpcserver.Server) { collectorv1.RegisterTraceServiceServer(s, otlp.NewGRPC(door)) }
	h.TraceServiceClient = collectorv1.NewTraceServiceClient(serve(t, bufconn.Listen(1<<20), register))
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.otlpAddr = tcp.Addr().String()
	serve(t, tcp, register)
	web := httptest.NewServer(otlp.NewHTTP(door, slog.New(slog.DiscardHandler)))
	t.Cleanup(web.Close)
	h.otlpURL = web.URL + "/v1/traces"
	h.TracesServiceClient = h.reads(t, limits, clock)
	return h
}

func (h *house) newStore(limits store.Limits, clock func() time.Time) *store.Store {
	return store.New(h.pool, partition.NewKeeper(h.pool, migrations.Schema, store.Tables, retention, clock), limits, clock)
}

// reads is the API over the house's spans.
func (h *house) reads(t *testing.T, limits store.Limits, clock func() time.Time) tracesv1.TracesServiceClient {
	t.Helper()
	return tracesv1.NewTracesServiceClient(serve(t, bufconn.Listen(1<<20), func(s *grpcserver.Server) {
		tracesv1.RegisterTracesServiceServer(s, server.New(h.newStore(limits, clock), h.projects, retention, clock))
	}))
}

// serve runs a server until the test ends and connects to it.
func serve(t *testing.T, lis net.Listener, register func(*grpcserver.Server)) *grpc.ClientConn {
	t.Helper()
	s := grpcserver.New(lis, 32<<20, slog.New(slog.DiscardHandler))
	register(s)
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Run(ctx) }()
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		if buffer, ok := lis.(*bufconn.Listener); ok {
			return buffer.DialContext(ctx)
		}
		return (&net.Dialer{}).DialContext(ctx, "tcp", lis.Addr().String())
	}
	conn, err := grpc.NewClient("passthrough:///"+t.Name(), grpc.WithContextDialer(dial), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		stop()
		if err := <-stopped; err != nil {
			t.Errorf("server: %v", err)
		}
	})
	return conn
}

// projects is a directory of two organizations: shop and pay are of the first, other is of the second.
type projects struct {
	groupingv1.UnimplementedDirectoryServiceServer
	down atomic.Bool
}

var known = []*groupingv1.Project{
	{Id: 1, OrganizationId: 1, Slug: "shop"}, {Id: 2, OrganizationId: 1, Slug: "pay", Settings: &groupingv1.ProjectSettings{ExceptionsFromSpans: new(bool)}}, {Id: 3, OrganizationId: 2, Slug: "other"},
}

func (p *projects) GetProject(_ context.Context, req *groupingv1.GetProjectRequest) (*groupingv1.GetProjectResponse, error) {
	if p.down.Load() {
		return nil, status.Error(codes.Unavailable, "down")
	}
	for _, project := range known {
		if project.GetId() == req.GetProjectId() {
			return &groupingv1.GetProjectResponse{Project: project}, nil
		}
	}
	return nil, status.Error(codes.NotFound, "no such project")
}

func (p *projects) ListProjects(_ context.Context, req *groupingv1.ListProjectsRequest) (*groupingv1.ListProjectsResponse, error) {
	resp := &groupingv1.ListProjectsResponse{}
	for _, project := range known {
		if project.GetOrganizationId() == req.GetOrganizationId() {
			resp.Projects = append(resp.Projects, project)
		}
	}
	return resp, nil
}
