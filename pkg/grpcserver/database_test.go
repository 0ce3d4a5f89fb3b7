package grpcserver

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/test/bufconn"
)

// database is there, or gone so that asking it waits for nothing.
type database struct{ gone atomic.Bool }

func (d *database) Ping(ctx context.Context) error {
	if d.gone.Load() {
		<-ctx.Done()
		return errors.New("gone")
	}
	return nil
}

func (s *Server) says(t *testing.T, part string) grpc_health_v1.HealthCheckResponse_ServingStatus {
	t.Helper()
	resp, err := s.health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: part})
	if err != nil {
		t.Fatalf("%q: %v", part, err)
	}
	return resp.GetStatus()
}

func TestHealthSaysWhenADatabaseComesGoesAndComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lis := bufconn.Listen(1)
		defer lis.Close()
		s := New(lis, 1, slog.New(slog.DiscardHandler))
		defer s.stop()
		writer, reader := &database{}, &database{}
		reader.gone.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.WatchDatabase(ctx, slog.New(slog.DiscardHandler), writer, reader) }()
		steps := []struct {
			name   string
			gone   bool
			during time.Duration
			want   grpc_health_v1.HealthCheckResponse_ServingStatus
		}{
			{"it was never there", true, time.Minute, grpc_health_v1.HealthCheckResponse_NOT_SERVING},
			{"it has come", false, 4 * time.Second, grpc_health_v1.HealthCheckResponse_SERVING},
			{"it is gone for a moment", true, 4 * time.Second, grpc_health_v1.HealthCheckResponse_SERVING},
			{"it was back", false, 4 * time.Second, grpc_health_v1.HealthCheckResponse_SERVING},
			{"it is gone", true, 10 * time.Second, grpc_health_v1.HealthCheckResponse_NOT_SERVING},
			{"it is back", false, 4 * time.Second, grpc_health_v1.HealthCheckResponse_SERVING},
		}
		for _, step := range steps {
			reader.gone.Store(step.gone)
			<-time.After(step.during)
			synctest.Wait()
			if got := s.says(t, DatabaseHealth); got != step.want {
				t.Errorf("%s: %v, want %v", step.name, got, step.want)
			}
			if got := s.says(t, ""); got != grpc_health_v1.HealthCheckResponse_SERVING {
				t.Errorf("%s: the service as a whole is %v", step.name, got)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
