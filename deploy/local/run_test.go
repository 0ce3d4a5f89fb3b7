package main_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const up = "Ctrl-C stops everything."

func TestRunStartsAndStopsInDependencyOrderAndKeepsItsData(t *testing.T) {
	t.Parallel()
	c := newClone(t, nil)
	for before := range 2 {
		session := c.start(t, up, "-sample=false", "run")
		session.signal(t, syscall.SIGINT)
		output, status := session.end(t)
		if status != 0 {
			t.Errorf("status %d: %s", status, output)
		}
		if diff := cmp.Diff(strings.Fields("search traces ingest grouping Redis PostgreSQL"),
			strings.Fields(strings.ReplaceAll(output, "stopping ", ""))); diff != "" {
			t.Error(diff)
		}
		var want []string
		for _, service := range []string{"grouping", "ingest", "traces", "search"} {
			want = append(want, fmt.Sprintf("%s migrates, %d before", service, before))
		}
		for _, service := range []string{"grouping", "ingest", "traces", "search"} {
			want = append(want, service+" starts")
		}
		for _, service := range []string{"search", "traces", "ingest", "grouping"} {
			want = append(want, service+" stops")
		}
		got := c.events(t)
		for i := range got {
			got[i] = regexp.MustCompile(`(starts) \d+`).ReplaceAllString(got[i], "$1")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestRunRecoversFromBeingKilled(t *testing.T) {
	t.Parallel()
	c := newClone(t, nil)
	session := c.start(t, up, "-sample=false", "run")
	server := postmaster(t, c)
	children := append(servicePids(c.events(t)), server)
	session.signal(t, syscall.SIGKILL)
	session.end(t)

	if output, status := c.run(t, "-sample=false", "demo"); status != 0 {
		t.Fatalf("status %d: %s", status, output)
	}
	if got := c.events(t)[0]; got != "grouping migrates, 1 before" {
		t.Errorf("the data is lost: %s", got)
	}
	for _, pid := range children {
		if isAlive(pid) {
			t.Errorf("process %d outlived picket-local", pid)
		}
	}

	// What a crash of the machine leaves: a postmaster.pid whose number belongs to somebody else now, and a cluster
	// whose making was cut short.
	c.write(t, ".local/postgres/data/postmaster.pid", strconv.Itoa(os.Getpid())+"\n")
	if err := os.Mkdir(c.path(".local/postgres.making"), 0o700); err != nil {
		t.Fatal(err)
	}
	if output, status := c.run(t, "-sample=false", "demo"); status != 0 {
		t.Fatalf("status %d: %s", status, output)
	}
}

func TestRunEndsAServerThatWasLeftBehind(t *testing.T) {
	t.Parallel()
	c := newClone(t, nil)
	if output, status := c.run(t, "-sample=false", "demo"); status != 0 {
		t.Fatalf("status %d: %s", status, output)
	}
	left := exec.Command(filepath.Join(postgresFolder(t), "postgres"), "-D", c.path(".local/postgres/data"),
		"-c", "listen_addresses=127.0.0.1", "-c", "port="+freePort(t), "-c", "unix_socket_directories=")
	left.Dir = "/"
	left.SysProcAttr = &syscall.SysProcAttr{Credential: ownerOf(t, c.path(".local/postgres/data"))}
	log, err := left.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := left.Start(); err != nil {
		t.Fatal(err)
	}
	awaitLine(t, log, "ready to accept connections")

	output, status := c.run(t, "-sample=false", "demo")
	if status != 0 {
		t.Errorf("status %d: %s", status, output)
	}
	_ = left.Process.Kill() // if it still runs the demo failed
	_ = left.Wait()
}

func TestAServiceThatDiesEndsTheRun(t *testing.T) {
	t.Parallel()
	c := newClone(t, nil)
	session := c.start(t, up, "-sample=false", "run")
	traces := servicePids(c.events(t))[2]
	if err := syscall.Kill(traces, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	output, status := session.end(t)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	want := regexp.MustCompile(`picket-local: traces ended \(signal: killed\); the last lines of .*/\.local/log/traces\.log:\n  .* serving\n`)
	if !want.MatchString(output) {
		t.Errorf("got %s", output)
	}
	got := c.events(t)
	if diff := cmp.Diff([]string{"search stops", "ingest stops", "grouping stops"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestADemoWhoseReaderLeavesStopsInOrder(t *testing.T) {
	t.Parallel()
	c := newClone(t, nil)
	session := c.start(t, "PostgreSQL ", "-sample=false", "demo")
	session.leave(t)
	got := c.events(t)
	want := []string{"search stops", "traces stops", "ingest stops", "grouping stops"}
	if diff := cmp.Diff(want, got[max(0, len(got)-len(want)):]); diff != "" {
		t.Error(diff)
	}
}

func TestASecondRunInTheSameCloneIsRefused(t *testing.T) {
	t.Parallel()
	c := newClone(t, nil)
	session := c.start(t, up, "-sample=false", "run")
	output, status := c.run(t, "-sample=false", "run")
	if status != 1 || !strings.Contains(output, "already running") {
		t.Errorf("status %d: %s", status, output)
	}
	session.signal(t, syscall.SIGTERM)
	session.end(t)
}

func TestATakenPortIsReplaced(t *testing.T) {
	t.Parallel()
	c := newClone(t, nil)
	defer take(t, "127.0.0.1:50053").Close()
	output, status := c.run(t, "-sample=false", "demo")
	want := regexp.MustCompile(`port 50053 is taken: search listens on (127\.0\.0\.1:\d+)\n(?s:.*)search +gRPC (127\.0\.0\.1:\d+)`)
	if match := want.FindStringSubmatch(output); status != 0 || match == nil || match[1] != match[2] {
		t.Errorf("status %d: %s", status, output)
	}
}

// take listens at an address as soon as another test's service has left it.
func take(t *testing.T, address string) net.Listener {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.After(patience); ; {
		listener, err := net.Listen("tcp", address)
		if err == nil {
			return listener
		}
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatal(err)
		}
	}
}

func TestAServiceThatIsNotBuiltIsMissedFirst(t *testing.T) {
	t.Parallel()
	c := newClone(t, nil)
	if err := os.Remove(c.path("bin/picket-search")); err != nil {
		t.Fatal(err)
	}
	if output, status := c.run(t, "-sample=false", "run"); status != 1 || !strings.Contains(output, "make build") {
		t.Errorf("status %d: %s", status, output)
	}
}

func TestAnOrdinaryUserRunsEverything(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("the other tests ran as an ordinary user")
	}
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	c := newClone(t, nobody)
	if output, status := c.run(t, "-sample=false", "demo"); status != 0 {
		t.Errorf("status %d: %s", status, output)
	}
	if owner := ownerOf(t, c.path(".local/postgres/data")); owner.Uid != nobody.Uid {
		t.Errorf("the data belongs to user %d", owner.Uid)
	}
	if output, status := c.run(t, "exec", "--", "sh", "-c", "test -n \"$PICKET_TEST_DATABASE_URL\""); status != 0 {
		t.Errorf("status %d: %s", status, output)
	}
	// Root goes on with what they began.
	c.user = nil
	if err := os.Remove(c.path("events")); err != nil {
		t.Fatal(err)
	}
	if output, status := c.run(t, "-sample=false", "demo"); status != 0 {
		t.Errorf("status %d: %s", status, output)
	}
}

func TestRootsCloneMayLieWhereTheServersUserCannotGo(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs servers as somebody else")
	}
	c := newClone(t, nil)
	if err := os.Chmod(c.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	output, status := c.run(t, "-sample=false", "demo")
	if status != 0 {
		t.Errorf("status %d: %s", status, output)
	}
	elsewhere := regexp.MustCompile(`the data is in (/var/tmp/picket-[0-9a-f]{12})/postgres\n`).FindStringSubmatch(output)
	if elsewhere == nil {
		t.Fatal(output)
	}
	defer os.RemoveAll(elsewhere[1])
	if output, status := c.run(t, "-sample=false", "demo"); status != 0 {
		t.Errorf("status %d: %s", status, output)
	}
	if events := c.events(t); !slices.Contains(events, "grouping migrates, 1 before") {
		t.Errorf("the data is lost: %q", events)
	}
}

// servicePids are the processes of the services, in the order in which they started.
func servicePids(events []string) []int {
	var pids []int
	for _, event := range events {
		if _, text, ok := strings.Cut(event, " starts "); ok {
			pid, _ := strconv.Atoi(text)
			pids = append(pids, pid)
		}
	}
	return pids
}

func postmaster(t *testing.T, c clone) int {
	t.Helper()
	text, err := os.ReadFile(c.path(".local/postgres/data/postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// isAlive does not count a process that has ended but whose parent has not asked how.
func isAlive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !regexp.MustCompile(`\) [ZX] `).Match(stat)
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
