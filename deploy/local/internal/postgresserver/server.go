package postgresserver

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/deploy/local/internal/port"
	"github.com/picket-io/picket/deploy/local/internal/process"
)

// Safety is what a server's data is worth.
type Safety int

const (
	// Durable data survives a power failure, as PostgreSQL does by default.
	Durable Safety = iota
	// Throwaway data serves a run of tests.
	Throwaway
	// Measured data is durable, in a server that has the memory of one that serves more than a trial.
	Measured
)

const (
	superuser = "postgres"
	// Recovery after a crash comes before the first answer.
	startTime = 2 * time.Minute
	stopTime  = 30 * time.Second
)

// A Server runs over a cluster.
type Server struct {
	*process.Process
	// URL is the superuser's, to the database postgres.
	URL     string
	Address string
}

// Start runs a server over the cluster until it answers.
func Start(ctx context.Context, starter *process.Starter, programs Programs, cluster Cluster, safety Safety, log string) (*Server, error) {
	if err := cluster.evict(ctx); err != nil {
		return nil, err
	}
	password, err := os.ReadFile(cluster.password())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		server, err := start(ctx, starter, programs, cluster, safety, log, string(password))
		if err == nil || !passes(err) || ctx.Err() != nil {
			return server, err
		}
	}
}

func start(ctx context.Context, starter *process.Starter, programs Programs, cluster Cluster, safety Safety, log, password string) (*Server, error) {
	number, err := port.Free(ctx)
	if err != nil {
		return nil, err
	}
	stop := syscall.SIGINT // a fast shutdown, which writes everything out
	if safety == Throwaway {
		stop = syscall.SIGQUIT // an immediate one
	}
	running, err := starter.Start(process.Program{
		Name: "PostgreSQL",
		Path: filepath.Join(programs.Folder, "postgres"),
		Args: arguments(cluster, safety, number),
		Dir:  "/",
		// The messages that passes knows are in English.
		Env:        append(os.Environ(), "LC_ALL=C.UTF-8"),
		Credential: cluster.Account.Credential,
		Log:        log,
		Stop:       stop,
		Kill:       syscall.SIGQUIT,
		Patience:   stopTime,
	})
	if err != nil {
		return nil, err
	}
	address := port.Address(number)
	admin := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, password),
		Host:     address,
		Path:     "postgres",
		RawQuery: "sslmode=disable", // it has no certificate, and asking costs a round trip
	}
	server := &Server{Process: running, URL: admin.String(), Address: address}
	if err := running.AwaitReady(ctx, server.ping); err != nil {
		running.Stop()
		return nil, err
	}
	return server, nil
}

func arguments(cluster Cluster, safety Safety, number int) []string {
	settings := []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(number),
		"unix_socket_directories=",
		"max_connections=400", // a pool per service, or per test
		"log_line_prefix=%m [%p] %q%u@%d ",
		"lc_messages=C.UTF-8",
	}
	switch safety {
	case Throwaway:
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	case Measured:
		settings = append(settings, "shared_buffers=1GB", "max_wal_size=4GB")
	case Durable:
	}
	args := []string{"-D", cluster.data()}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

// passes tells whether a server that ended for this reason may start when it is tried again: somebody took the port
// first, or the last children of a server that was killed have not noticed yet.
func passes(err error) bool {
	var ended *process.EndedError
	if !errors.As(err, &ended) {
		return false
	}
	return strings.Contains(ended.Tail, "Address already in use") ||
		strings.Contains(ended.Tail, "pre-existing shared memory block")
}

func (s *Server) ping(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.URL)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	return conn.Close(ctx)
}
