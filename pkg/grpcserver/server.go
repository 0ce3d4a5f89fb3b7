// Package grpcserver is the server kit of every Picket service: health, reflection, recovery, validation, error
// mapping, logging, telemetry and a graceful stop.
package grpcserver

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc/filters"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // clients may compress
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
)

// stopTimeout is how long calls under way may take to finish when the server stops.
const stopTimeout = 15 * time.Second

// Server is a gRPC server with what every Picket service has. Register services on it, then Run it.
type Server struct {
	*grpc.Server
	health *health.Server
	lis    net.Listener
	// stopping ends when the server stops, by stop.
	stopping context.Context //nolint:containedctx // it is the life of the server
	stop     context.CancelFunc
}

// Listen makes a server at a TCP address such as ":50051". Requests larger than maxRequestBytes are
// RESOURCE_EXHAUSTED. Interceptors see every request, also those that are then found not to be valid.
func Listen(ctx context.Context, addr string, maxRequestBytes int, log *slog.Logger, interceptors ...grpc.UnaryServerInterceptor) (*Server, error) {
	var lc net.ListenConfig
	lis, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return New(lis, maxRequestBytes, log, interceptors...), nil
}

// New makes a server on a listener that exists, such as an in-memory one in tests. The server closes it.
func New(lis net.Listener, maxRequestBytes int, log *slog.Logger, interceptors ...grpc.UnaryServerInterceptor) *Server {
	// Health checks say nothing, and a span for every export of spans would make exports for ever.
	quiet := otelgrpc.WithFilter(filters.None(filters.HealthCheck(), filters.ServicePrefix("opentelemetry.proto.collector.")))
	s := &Server{health: health.NewServer(), lis: lis}
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.Server = grpc.NewServer(
		grpc.StreamInterceptor(endWatches(s.stopping)),
		grpc.StatsHandler(otelgrpc.NewServerHandler(quiet)),
		grpc.ChainUnaryInterceptor(slices.Concat(
			[]grpc.UnaryServerInterceptor{finish(log), recoverPanic}, interceptors, []grpc.UnaryServerInterceptor{validate})...),
		grpc.MaxRecvMsgSize(maxRequestBytes),
		// Connections end now and then, so that clients spread over new replicas.
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: 10 * time.Minute, MaxConnectionAgeGrace: time.Minute}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		grpc.WaitForHandlers(true),
	)
	grpc_health_v1.RegisterHealthServer(s, s.health)
	reflection.Register(s)
	return s
}

// Addr is the address the server listens at.
func (s *Server) Addr() net.Addr { return s.lis.Addr() }

// SetHealth says over grpc.health.v1 how a part of the service is that has a name of its own there. The service as a
// whole, which has none, serves until it stops.
func (s *Server) SetHealth(part string, serving bool) {
	status := grpc_health_v1.HealthCheckResponse_NOT_SERVING
	if serving {
		status = grpc_health_v1.HealthCheckResponse_SERVING
	}
	s.health.SetServingStatus(part, status)
}

// Run serves until ctx ends, then stops: it reports NOT_SERVING, takes no new calls, and waits for the calls under
// way, at most stopTimeout.
func (s *Server) Run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- s.Serve(s.lis) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	s.health.Shutdown()
	s.stop()
	force := time.AfterFunc(stopTimeout, s.Stop)
	defer force.Stop()
	s.GracefulStop()
	if err := <-served; !errors.Is(err, grpc.ErrServerStopped) { // which it is when ctx ended before serving began
		return err
	}
	return nil
}
