package grpcserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/grpcserver"
)

const maxRequestBytes = 1 << 16

// installation is a server with a service whose GetProject is the test's.
type installation struct {
	groupingv1.UnimplementedDirectoryServiceServer
	getProject func(ctx context.Context) error

	conn   *grpc.ClientConn
	client groupingv1.DirectoryServiceClient
	log    bytes.Buffer
	stop   context.CancelFunc
	ended  chan error
}

func (i *installation) GetProject(ctx context.Context, _ *groupingv1.GetProjectRequest) (*groupingv1.GetProjectResponse, error) {
	if err := i.getProject(ctx); err != nil {
		return nil, err
	}
	return &groupingv1.GetProjectResponse{}, nil
}

func (i *installation) UpdateProject(context.Context, *groupingv1.UpdateProjectRequest) (*groupingv1.UpdateProjectResponse, error) {
	return &groupingv1.UpdateProjectResponse{}, nil
}

func serve(t *testing.T, getProject func(ctx context.Context) error) *installation {
	t.Helper()
	i := &installation{getProject: getProject, ended: make(chan error, 1)}
	lis := bufconn.Listen(1 << 20)
	server := grpcserver.New(lis, maxRequestBytes, slog.New(slog.NewJSONHandler(&i.log, nil)))
	groupingv1.RegisterDirectoryServiceServer(server, i)
	ctx, stop := context.WithCancel(t.Context())
	i.stop = stop
	go func() { i.ended <- server.Run(ctx) }()

	conn, err := grpc.NewClient("passthrough:///bufconn", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		stop()
	})
	i.conn, i.client = conn, groupingv1.NewDirectoryServiceClient(conn)
	return i
}

// call calls GetProject.
func (i *installation) call(t *testing.T) error {
	t.Helper()
	_, err := i.client.GetProject(t.Context(), &groupingv1.GetProjectRequest{ProjectId: 1})
	return err
}

// lines are what was logged, once every call has ended.
func (i *installation) lines(t *testing.T) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for decoder := json.NewDecoder(&i.log); decoder.More(); {
		var line map[string]any
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}
