package grpcserver_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/grpcserver"
)

func succeed(context.Context) error { return nil }

func TestABrokenRuleIsNamedByItsPath(t *testing.T) {
	t.Parallel()
	i := serve(t, succeed)
	_, err := i.client.UpdateProject(t.Context(), &groupingv1.UpdateProjectRequest{
		Project: &groupingv1.Project{Settings: &groupingv1.ProjectSettings{
			ResolveAgeHours: proto.Int32(-1), SafeFields: make([]string, 201),
		}},
		UpdateMask: &fieldmaskpb.FieldMask{},
	})
	var fields []string
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, violation := range bad.GetFieldViolations() {
				fields = append(fields, violation.GetField())
			}
		}
	}
	want := []string{"project.settings.resolve_age_hours", "project.settings.safe_fields"}
	if status.Code(err) != codes.InvalidArgument || !slices.Equal(fields, want) {
		t.Errorf("got %v with violations of %v, want %v", err, fields, want)
	}
}

func TestARequestThatIsTooLargeIsExhausted(t *testing.T) {
	t.Parallel()
	i := serve(t, succeed)
	request := &groupingv1.CreateOrganizationRequest{Name: strings.Repeat("x", maxRequestBytes)}
	if _, err := i.client.CreateOrganization(t.Context(), request); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("got %v", err)
	}
}

func TestReflectionListsTheServices(t *testing.T) {
	t.Parallel()
	i := serve(t, succeed)
	stream, err := grpc_reflection_v1.NewServerReflectionClient(i.conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{},
	}); err != nil {
		t.Fatal(err)
	}
	response, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, service := range response.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	for _, want := range []string{"grpc.health.v1.Health", "picket.grouping.v1.DirectoryService"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not among %v", want, names)
		}
	}
}

func TestAStopReportsNotServingAndLetsCallsFinish(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	entered, open := make(chan struct{}, 1), make(chan struct{})
	i := serve(t, func(context.Context) error {
		entered <- struct{}{}
		<-open
		return nil
	})
	under := make(chan error, 1)
	go func() { under <- i.call(t) }()
	<-entered
	watchCtx, unwatch := context.WithCancel(ctx)
	watch, err := grpc_health_v1.NewHealthClient(i.conn).Watch(watchCtx, &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	expectHealth(t, watch, grpc_health_v1.HealthCheckResponse_SERVING)

	i.stop()
	expectHealth(t, watch, grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	unwatch()
	update := &groupingv1.UpdateProjectRequest{Project: &groupingv1.Project{}, UpdateMask: &fieldmaskpb.FieldMask{}}
	for err = nil; err == nil; {
		_, err = i.client.UpdateProject(ctx, update)
	}
	if status.Code(err) != codes.Unavailable {
		t.Errorf("a new call got %v, want unavailable", err)
	}
	select {
	case err := <-i.ended:
		t.Errorf("the server ended with %v while a call was under way", err)
	default:
	}
	close(open)
	if err := <-under; err != nil {
		t.Errorf("the call under way got %v", err)
	}
	if err := <-i.ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestAStopDoesNotWaitForWhoWatchesTheHealth(t *testing.T) {
	t.Parallel()
	i := serve(t, succeed)
	watch, err := grpc_health_v1.NewHealthClient(i.conn).Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	expectHealth(t, watch, grpc_health_v1.HealthCheckResponse_SERVING)
	i.stop()
	expectHealth(t, watch, grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	if _, err := watch.Recv(); err == nil {
		t.Error("the watch goes on")
	}
	select {
	case err := <-i.ended:
		if err != nil {
			t.Errorf("the server ended with %v", err)
		}
	case <-time.After(10 * time.Second): // it gives up calls after 15
		t.Error("the server has not ended")
	}
}

func expectHealth(t *testing.T, watch grpc_health_v1.Health_WatchClient, want grpc_health_v1.HealthCheckResponse_ServingStatus) {
	t.Helper()
	if got, err := watch.Recv(); err != nil || got.GetStatus() != want {
		t.Fatalf("health is %v, %v, want %v", got, err, want)
	}
}

func TestAServerThatIsStoppedAtOnceEndsWell(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // the stop may come before or after the first accept
		server := grpcserver.New(bufconn.Listen(1), maxRequestBytes, slog.New(slog.DiscardHandler))
		if err := server.Run(ctx); err != nil {
			t.Fatal(err)
		}
	}
}
