package server_test

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	provision "github.com/picket-io/picket/deploy/postgres"
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/search/internal/server"
	"github.com/picket-io/picket/services/search/internal/store"
	"github.com/picket-io/picket/services/search/internal/storetest"
	"github.com/picket-io/picket/test/testdb"
)

var now = storetest.Now

// world is a search service with a database of its own, which the test fills in grouping's place.
type world struct {
	searchv1.SearchServiceClient
	*storetest.Seed
	traces   *fakeTraces
	grouping *fakeGrouping
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldThatCounts(t, server.MatchingEvents)
}

// newWorldThatCounts looks at so many events for the matching counts of a page.
func newWorldThatCounts(t *testing.T, matchingEvents int64) *world {
	t.Helper()
	db := testdb.New(t)
	return newWorldOver(t, db, db, matchingEvents)
}

// newWorldOver reads issues from one database and keeps saved searches in another. The test fills the first.
func newWorldOver(t *testing.T, read, write *testdb.Database, matchingEvents int64) *world {
	t.Helper()
	w := &world{Seed: storetest.New(t, read), traces: &fakeTraces{}, grouping: &fakeGrouping{assignees: map[int64]string{}, discarded: map[int64]bool{}}}

	traces := serve(t, func(s *grpcserver.Server) { tracesv1.RegisterTracesServiceServer(s, w.traces) })
	grouping := serve(t, func(s *grpcserver.Server) { groupingv1.RegisterGroupingServiceServer(s, w.grouping) })
	api := server.New(server.Parts{
		Issues: store.New(read.Pool(t, provision.SearchReader), store.Limits{}), SavedSearches: store.NewSavedSearches(write.Pool(t, provision.Search)),
		Grouping: groupingv1.NewGroupingServiceClient(grouping), Traces: tracesv1.NewTracesServiceClient(traces),
		Now: func() time.Time { return now }, Retention: 90 * day, MatchingEvents: matchingEvents,
	})
	w.SearchServiceClient = searchv1.NewSearchServiceClient(serve(t, func(s *grpcserver.Server) {
		searchv1.RegisterSearchServiceServer(s, api)
	}))
	return w
}

// serve runs a server in memory until the test ends, and connects to it.
func serve(t *testing.T, register func(*grpcserver.Server)) *grpc.ClientConn {
	t.Helper()
	lis := bufconn.Listen(1 << 20)
	srv := grpcserver.New(lis, 1<<20, slog.New(slog.DiscardHandler))
	register(srv)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	conn, err := grpc.NewClient("passthrough:///search", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return conn
}
