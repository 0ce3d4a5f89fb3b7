package grpcserver

import (
	"context"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// endWatches ends the calls of those who watch the health of a server that is stopping, as soon as they have been told
// that it does not serve: they would go on for ever, and a graceful stop waits for every call.
func endWatches(stopping context.Context) grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		if info.FullMethod != grpc_health_v1.Health_Watch_FullMethodName {
			return handler(srv, stream)
		}
		w := &watch{ServerStream: stream, stopping: stopping}
		w.ctx, w.end = context.WithCancel(stream.Context())
		defer w.end()
		defer context.AfterFunc(stopping, w.endIfTold)()
		return handler(srv, w)
	}
}

type watch struct {
	grpc.ServerStream
	ctx      context.Context //nolint:containedctx // as in the stream that it stands for
	end      context.CancelFunc
	stopping context.Context //nolint:containedctx // the life of the server

	mu   sync.Mutex
	told bool // that it does not serve
}

func (w *watch) Context() context.Context { return w.ctx }

func (w *watch) SendMsg(message any) error {
	err := w.ServerStream.SendMsg(message)
	if health, ok := message.(*grpc_health_v1.HealthCheckResponse); ok {
		w.mu.Lock()
		w.told = health.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING
		w.mu.Unlock()
	}
	if w.stopping.Err() != nil {
		w.endIfTold()
	}
	return err
}

func (w *watch) endIfTold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.told {
		w.end()
	}
}
