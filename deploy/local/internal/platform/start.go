package platform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/picket-io/picket/deploy/local/internal/process"
	"github.com/picket-io/picket/deploy/local/internal/workspace"
)

const (
	startTime = 30 * time.Second
	stopTime  = 30 * time.Second
)

// oftenAtFirst notices a service that begins to listen; by default a client looks again after a second.
var oftenAtFirst = backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1.1, MaxDelay: time.Second}

// Built fails unless the program of every service has been built.
func Built(w *workspace.Workspace) error {
	for _, s := range services() {
		if _, err := os.Stat(w.Binary(s.program())); err != nil {
			return fmt.Errorf("%w: run make build first", err)
		}
	}
	return nil
}

// A Launcher starts services, each after those that it calls.
type Launcher struct {
	Starter   *process.Starter
	Group     *process.Group // gets what was started
	Workspace *workspace.Workspace

	started map[string]*Service
}

// Migrate brings the service's schema up to date.
func (l *Launcher) Migrate(ctx context.Context, s *Service) error {
	migrating, err := l.Starter.Start(process.Program{
		Name:     s.Name + " migrate",
		Path:     l.Workspace.Binary(s.program()),
		Args:     []string{"migrate"},
		Env:      s.environ(os.Environ()),
		Log:      l.Workspace.Log(s.Name + "-migrate"),
		Stop:     syscall.SIGTERM,
		Kill:     syscall.SIGKILL,
		Patience: stopTime,
	})
	if err != nil {
		return err
	}
	select {
	case <-migrating.Done():
		return migrating.Succeeded()
	case <-ctx.Done():
		migrating.Stop()
		return ctx.Err()
	}
}

// Start starts the service and waits until it serves.
func (l *Launcher) Start(ctx context.Context, s *Service) error {
	for _, callee := range s.calls {
		s.Set("PICKET_"+strings.ToUpper(callee)+"_TARGET", l.started[callee].GRPC())
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	running, err := l.start(ctx, s)
	// Somebody else may take a port between our look and the service's.
	for isPortTaken(err) && ctx.Err() == nil {
		running, err = l.start(ctx, s)
	}
	if err != nil {
		return err
	}
	l.Group.Add(running)
	if l.started == nil {
		l.started = make(map[string]*Service)
	}
	l.started[s.Name] = s
	return nil
}

func isPortTaken(err error) bool {
	var ended *process.EndedError
	return errors.As(err, &ended) && strings.Contains(ended.Tail, syscall.EADDRINUSE.Error())
}

func (l *Launcher) start(ctx context.Context, s *Service) (*process.Process, error) {
	if err := s.chooseAddresses(ctx); err != nil {
		return nil, err
	}
	running, err := l.Starter.Start(process.Program{
		Name:     s.Name,
		Path:     l.Workspace.Binary(s.program()),
		Env:      s.environ(os.Environ()),
		Log:      l.Workspace.Log(s.Name),
		Stop:     syscall.SIGTERM,
		Kill:     syscall.SIGKILL,
		Patience: stopTime,
	})
	if err != nil {
		return nil, err
	}
	if err := awaitServing(ctx, running, s.GRPC()); err != nil {
		running.Stop()
		return nil, err
	}
	return running, nil
}

func awaitServing(ctx context.Context, running *process.Process, address string) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: oftenAtFirst}))
	if err != nil {
		return err
	}
	defer conn.Close()
	health := grpc_health_v1.NewHealthClient(conn)
	return running.AwaitReady(ctx, func(ctx context.Context) error {
		answer, err := health.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
		if err != nil {
			return err
		}
		if answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			return fmt.Errorf("it is %s", answer.GetStatus())
		}
		return nil
	})
}
