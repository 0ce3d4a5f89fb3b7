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
	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
)

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 20 * time.Second
	project      = 1
)

// installation is an ingest and a grouping service on a database of their own.
type installation struct {
	adminURL string
	database string
	admin    *pgx.Conn // connected to the database
	programs map[string]*exec.Cmd
	logs     string
	ingest   ingestv1.IngestServiceClient
}

func install(ctx context.Context, bin string) (*installation, error) {
	adminURL, redisURL := os.Getenv("PICKET_TEST_DATABASE_URL"), os.Getenv("PICKET_TEST_REDIS_URL")
	if adminURL == "" || redisURL == "" {
		return nil, errors.New("PICKET_TEST_DATABASE_URL and PICKET_TEST_REDIS_URL have to name servers: run make bench-ingest")
	}
	in := &installation{adminURL: adminURL, database: fmt.Sprintf("picket_bench_%d", os.Getpid()), programs: map[string]*exec.Cmd{}}
	if err := in.provision(ctx); err != nil {
		return nil, err
	}
	err := in.startAll(ctx, bin, redisURL)
	if err != nil {
		return nil, errors.Join(err, in.remove(ctx))
	}
	return in, nil
}

func (in *installation) provision(ctx context.Context) error {
	passwords, err := provision.Passwords(in.adminURL)
	if err != nil {
		return err
	}
	if err := provision.Roles(ctx, in.adminURL, passwords); err != nil {
		return err
	}
	if err := provision.Database(ctx, in.adminURL, in.database); err != nil {
		return err
	}
	cfg, err := pgx.ParseConfig(in.adminURL)
	if err != nil {
		return err
	}
	cfg.Database = in.database
	in.admin, err = pgx.ConnectConfig(ctx, cfg)
	return err
}

func (in *installation) startAll(ctx context.Context, bin, redisURL string) error {
	var err error
	if in.logs, err = os.MkdirTemp("", "bench-ingest-"); err != nil {
		return err
	}
	groupingAddr, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	ingestAddr, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	if err := in.start(bin, "grouping", provision.Grouping, "PICKET_GRPC_ADDR="+groupingAddr, "PICKET_REDIS_URL="+redisURL); err != nil {
		return err
	}
	if err := in.start(bin, "ingest", provision.Ingest, "PICKET_GRPC_ADDR="+ingestAddr, "PICKET_GROUPING_TARGET="+groupingAddr); err != nil {
		return err
	}
	grouping, err := dial(groupingAddr)
	if err != nil {
		return err
	}
	ingest, err := dial(ingestAddr)
	if err != nil {
		return err
	}
	in.ingest = ingestv1.NewIngestServiceClient(ingest)
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return in.makeProject(ctx, groupingv1.NewDirectoryServiceClient(grouping))
}

func (in *installation) start(bin, name, role string, env ...string) error {
	url, err := provision.URL(in.adminURL, role, in.database)
	if err != nil {
		return err
	}
	path := filepath.Join(bin, "picket-"+name)
	env = append(env, "PICKET_DATABASE_URL="+url, "PATH="+os.Getenv("PATH"))
	migrate := exec.Command(path, "migrate")
	migrate.Env = []string{"PICKET_DATABASE_URL=" + url}
	if out, err := migrate.CombinedOutput(); err != nil {
		return fmt.Errorf("migrate %s: %w\n%s", name, err, out)
	}
	log, err := os.Create(filepath.Join(in.logs, name+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(path)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(env, "PICKET_METRICS_ADDR=127.0.0.1:0"), log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	in.programs[name] = cmd
	return nil
}

func (in *installation) makeProject(ctx context.Context, directory groupingv1.DirectoryServiceClient) error {
	id := int64(project)
	_, err := directory.CreateOrganization(ctx, &groupingv1.CreateOrganizationRequest{Slug: "acme", OrganizationId: &id}, grpc.WaitForReady(true))
	if err != nil {
		return err
	}
	quota := int32(1_000_000) // or most of the load would be dropped for making too many issues
	_, err = directory.CreateProject(ctx, &groupingv1.CreateProjectRequest{
		OrganizationId: id, Slug: "backend", ProjectId: &id, Settings: &groupingv1.ProjectSettings{CreationQuotaPerHour: &quota},
	})
	return err
}

// remove stops what was started and drops the database.
func (in *installation) remove(ctx context.Context) error {
	var errs []error
	for _, name := range []string{"ingest", "grouping"} {
		cmd := in.programs[name]
		if cmd == nil {
			continue
		}
		force := time.AfterFunc(stopTimeout, func() { cmd.Process.Kill() }) //nolint:errcheck // it may be gone
		errs = append(errs, cmd.Process.Signal(os.Interrupt))
		if err := cmd.Wait(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w, see %s", name, err, in.logs))
		}
		force.Stop()
	}
	in.admin.Close(ctx)
	admin, err := pgx.Connect(ctx, in.adminURL)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	defer admin.Close(ctx)
	_, err = admin.Exec(ctx, "DROP DATABASE "+pgx.Identifier{in.database}.Sanitize()+" WITH (FORCE)")
	if err = errors.Join(append(errs, err)...); err == nil {
		err = os.RemoveAll(in.logs)
	}
	return err
}

func dial(addr string) (*grpc.ClientConn, error) {
	return grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
}

func freeAddr(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	lis, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer lis.Close()
	return strings.TrimSpace(lis.Addr().String()), nil
}
