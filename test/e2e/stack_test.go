// Package e2e runs the four binaries as an operator would and drives them only through their doors: gRPC, Kafka and
// OTLP.
package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	provision "github.com/picket-io/picket/deploy/postgres"
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/test/testdb"
	"github.com/picket-io/picket/test/testkafka"
)

const (
	startTimeout = 2 * time.Minute // of a machine that does much else besides
	pollInterval = 20 * time.Millisecond
)

// binaries builds the four services, and local, which runs servers, once for all tests of the package.
var binaries = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "picket-e2e-")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", dir, "./services/...", "./deploy/local")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return dir, fmt.Errorf("build: %w\n%s", err, out)
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	code := testkafka.Main(m)
	if dir, err := binaries(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// stack is an installation of Picket: the four services on a database and a Redis of their own.
type stack struct {
	services map[string]*service
	db       *testdb.Database

	ingest    ingestv1.IngestServiceClient
	directory groupingv1.DirectoryServiceClient
	search    searchv1.SearchServiceClient
	otlpAddr  string
}

// service is one process, which may be killed and started again at the same address.
type service struct {
	name string
	addr string
	env  []string
	path string
	log  *os.File
	cmd  *exec.Cmd
}

// newStack migrates and starts everything. The Kafka brokers may be none. More is for the environment of ingest.
func newStack(t *testing.T, brokers string, more ...string) *stack {
	t.Helper()
	dir, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	db := testdb.New(t)
	redis := testdb.Redis(t).Options()
	redisURL := fmt.Sprintf("redis://%s:%s@%s/%d", redis.Username, redis.Password, redis.Addr, redis.DB)
	addrs := map[string]string{}
	for _, name := range []string{"ingest", "grouping", "search", "traces"} {
		addrs[name] = freeAddr(t)
	}
	s := &stack{services: map[string]*service{}, db: db, otlpAddr: freeAddr(t)}
	add := func(name, role string, env ...string) {
		env = append(env, "PICKET_GRPC_ADDR="+addrs[name], "PICKET_METRICS_ADDR=127.0.0.1:0", "PICKET_DATABASE_URL="+db.URL(role),
			"PICKET_INGEST_TARGET="+addrs["ingest"], "PICKET_GROUPING_TARGET="+addrs["grouping"], "PICKET_TRACES_TARGET="+addrs["traces"],
			"PATH="+os.Getenv("PATH"))
		s.services[name] = &service{name: name, addr: addrs[name], env: env, path: filepath.Join(dir, name)}
	}
	add("grouping", provision.Grouping, "PICKET_REDIS_URL="+redisURL)
	add("ingest", provision.Ingest, append(more, "PICKET_KAFKA_BROKERS="+brokers)...)
	add("traces", provision.Traces, "PICKET_OTLP_GRPC_ADDR="+s.otlpAddr, "PICKET_OTLP_HTTP_ADDR=127.0.0.1:0", "PICKET_DEFAULT_PROJECT_ID=1")
	add("search", provision.Search, "PICKET_READER_DATABASE_URL="+db.URL(provision.SearchReader))
	for _, name := range []string{"grouping", "ingest", "traces", "search"} {
		s.services[name].start(t)
		t.Cleanup(func() { s.services[name].stop(t) })
	}
	// A call waits for a service that is being started again: a connection may notice it later than the health check.
	wait := grpc.WithDefaultCallOptions(grpc.WaitForReady(true))
	s.ingest = ingestv1.NewIngestServiceClient(dial(t, addrs["ingest"], wait))
	s.directory = groupingv1.NewDirectoryServiceClient(dial(t, addrs["grouping"], wait))
	s.search = searchv1.NewSearchServiceClient(dial(t, addrs["search"], wait))
	for _, service := range s.services {
		service.awaitServing(t)
	}
	s.makeProject(t)
	return s
}

// makeProject makes organization 1 with project 1, named backend.
func (s *stack) makeProject(t *testing.T) {
	t.Helper()
	one := int64(1)
	_, err := s.directory.CreateOrganization(t.Context(), &groupingv1.CreateOrganizationRequest{Slug: "acme", OrganizationId: &one})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.directory.CreateProject(t.Context(), &groupingv1.CreateProjectRequest{OrganizationId: 1, Slug: "backend", ProjectId: &one})
	if err != nil {
		t.Fatal(err)
	}
}

// startReplica starts another process of a service.
func (s *stack) startReplica(t *testing.T, name string) *service {
	t.Helper()
	first := s.services[name]
	p := &service{name: name + ", a replica", addr: freeAddr(t), path: first.path}
	p.env = append(slices.Clone(first.env), "PICKET_GRPC_ADDR="+p.addr)
	p.start(t)
	t.Cleanup(func() { p.stop(t) })
	p.awaitServing(t)
	return p
}

func (p *service) start(t *testing.T) {
	t.Helper()
	if p.log == nil {
		log, err := os.Create(filepath.Join(t.TempDir(), "log"))
		if err != nil {
			t.Fatal(err)
		}
		p.log = log
		t.Cleanup(func() { p.show(t) })
	}
	// The process is not bound to the test's context, which ends before its clean-up stops the process.
	p.cmd = exec.Command(p.path)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = p.env, p.log, p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // a test that is killed leaves nothing behind
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

// kill ends the process as a crash would.
func (p *service) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	p.cmd.Wait() //nolint:errcheck // it was killed
}

// stop asks the process to end, and fails the test when it does not end well.
func (p *service) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Errorf("%s: %v", p.name, err)
	}
	force := time.AfterFunc(startTimeout, func() { p.cmd.Process.Kill() }) //nolint:errcheck // it may be gone
	defer force.Stop()
	began := time.Now()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("%s: %v", p.name, err)
	}
	t.Logf("%s stopped in %v", p.name, time.Since(began).Round(time.Millisecond))
}

// show prints the end of the log of a test that failed.
func (p *service) show(t *testing.T) {
	t.Helper()
	defer p.log.Close()
	if !t.Failed() {
		return
	}
	log, err := os.ReadFile(p.log.Name())
	if err != nil {
		t.Error(err)
	}
	t.Logf("%s said:\n%s", p.name, log[max(0, len(log)-4000):])
}

func (p *service) awaitServing(t *testing.T) {
	t.Helper()
	p.awaitHealth(t, "", grpc_health_v1.HealthCheckResponse_SERVING)
}

// awaitHealth waits until grpc.health.v1 says it of a part of the service, or of the whole, which has no name.
func (p *service) awaitHealth(t *testing.T, part string, want grpc_health_v1.HealthCheckResponse_ServingStatus) {
	t.Helper()
	health := grpc_health_v1.NewHealthClient(dial(t, p.addr))
	eventually(t, startTimeout, strings.TrimSpace(p.name+" "+part)+" is "+want.String(), func() bool {
		resp, err := health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: part})
		return err == nil && resp.GetStatus() == want
	})
}

func dial(t *testing.T, addr string, more ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(addr, append(more, grpc.WithTransportCredentials(insecure.NewCredentials()),
		// After a kill the next try comes at once, not after the usual growing pause.
		grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: time.Second}))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// nextPort counts the ports that the tests of this process have been given. They lie below those that the system gives
// to outgoing connections, any of which could take a port before its service does, or while its service is down.
var nextPort atomic.Int32

// freeAddr gives an address that nobody listens at and no other test of this process gets.
func freeAddr(t *testing.T) string {
	t.Helper()
	const first, ports = 10_000, 10_000
	for range ports {
		port := first + (os.Getpid()*97+int(nextPort.Add(1)))%ports
		var lc net.ListenConfig
		lis, err := lc.Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		lis.Close()
		return lis.Addr().String()
	}
	t.Fatal("no port is free")
	return ""
}

// eventually waits for a condition of processes that the test cannot hear from.
func eventually(t *testing.T, timeout time.Duration, what string, holds func() bool) {
	t.Helper()
	began := time.Now()
	defer func() { t.Logf("%s: after %v", what, time.Since(began).Round(time.Millisecond)) }()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("not within %v: %s", timeout, what)
		}
	}
}
