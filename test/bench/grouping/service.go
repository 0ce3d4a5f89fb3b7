package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	provision "github.com/picket-io/picket/deploy/postgres"
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
)

const startTimeout = 30 * time.Second

// service is picket-grouping on a database of its own.
type service struct {
	database  string
	admin     *pgx.Conn // connected to the database
	adminURL  string
	cmd       *exec.Cmd
	grouping  groupingv1.GroupingServiceClient
	directory groupingv1.DirectoryServiceClient
}

func start(ctx context.Context, bin string) (*service, error) {
	adminURL, redisURL := os.Getenv("PICKET_TEST_DATABASE_URL"), os.Getenv("PICKET_TEST_REDIS_URL")
	if adminURL == "" || redisURL == "" {
		return nil, errors.New("PICKET_TEST_DATABASE_URL and PICKET_TEST_REDIS_URL have to name servers: run make bench-grouping")
	}
	s := &service{adminURL: adminURL, database: fmt.Sprintf("picket_bench_%d", os.Getpid())}
	if err := s.provision(ctx); err != nil {
		return nil, err
	}
	if err := s.run(ctx, filepath.Join(bin, "picket-grouping"), redisURL); err != nil {
		return nil, errors.Join(err, s.stop(ctx))
	}
	return s, nil
}

func (s *service) provision(ctx context.Context) error {
	passwords, err := provision.Passwords(s.adminURL)
	if err != nil {
		return err
	}
	if err := provision.Roles(ctx, s.adminURL, passwords); err != nil {
		return err
	}
	if err := provision.Database(ctx, s.adminURL, s.database); err != nil {
		return err
	}
	cfg, err := pgx.ParseConfig(s.adminURL)
	if err != nil {
		return err
	}
	cfg.Database = s.database
	s.admin, err = pgx.ConnectConfig(ctx, cfg)
	return err
}

func (s *service) run(ctx context.Context, program, redisURL string) error {
	url, err := provision.URL(s.adminURL, provision.Grouping, s.database)
	if err != nil {
		return err
	}
	migrate := exec.CommandContext(ctx, program, "migrate")
	migrate.Env = []string{"PICKET_DATABASE_URL=" + url}
	if out, err := migrate.CombinedOutput(); err != nil {
		return fmt.Errorf("migrate: %w\n%s", err, out)
	}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := lis.Addr().String()
	lis.Close()
	s.cmd = exec.CommandContext(ctx, program)
	s.cmd.Stderr = os.Stderr
	s.cmd.Env = append(os.Environ(), "PICKET_GRPC_ADDR="+addr, "PICKET_METRICS_ADDR=127.0.0.1:0", "PICKET_LOG_LEVEL=error",
		"PICKET_DATABASE_URL="+url, "PICKET_REDIS_URL="+redisURL)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	s.grouping, s.directory = groupingv1.NewGroupingServiceClient(conn), groupingv1.NewDirectoryServiceClient(conn)
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	one := int64(1)
	_, err = s.directory.CreateOrganization(ctx, &groupingv1.CreateOrganizationRequest{Slug: "bench", OrganizationId: &one}, grpc.WaitForReady(true))
	return err
}

func (s *service) printSettings(ctx context.Context) error {
	var version, fsync, commit, buffers string
	err := s.admin.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit'), current_setting('shared_buffers')`).
		Scan(&version, &fsync, &commit, &buffers)
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("PostgreSQL %s, fsync %s, synchronous_commit %s, shared_buffers %s; load of the machine %s\n", version, fsync, commit, buffers, strings.TrimSpace(string(load)))
	return err
}

// stop ends the program and drops the database.
func (s *service) stop(ctx context.Context) error {
	var errs []error
	if s.cmd != nil && s.cmd.Process != nil {
		errs = append(errs, s.cmd.Process.Signal(os.Interrupt))
		errs = append(errs, s.cmd.Wait())
	}
	errs = append(errs, s.admin.Close(ctx))
	admin, err := pgx.Connect(ctx, s.adminURL)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	_, err = admin.Exec(ctx, `DROP DATABASE `+pgx.Identifier{s.database}.Sanitize()+` WITH (FORCE)`)
	return errors.Join(append(errs, err, admin.Close(ctx))...)
}
