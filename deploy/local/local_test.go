package main_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/picket-io/picket/deploy/local/internal/postgresserver"
)

// programs is a folder with picket-local and fakeservice, which any user can reach.
var programs string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if programs, err = os.MkdirTemp("", "picket-local-test-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(programs)
		if err := os.Chmod(programs, 0o755); err != nil {
			panic(err)
		}
		for name, folder := range map[string]string{"picket-local": ".", "fakeservice": "./testdata/fakeservice"} {
			build := exec.Command("go", "build", "-o", filepath.Join(programs, name), folder)
			if output, err := build.CombinedOutput(); err != nil {
				panic(fmt.Sprintf("%v: %s", err, output))
			}
		}
		return m.Run()
	}())
}

// patience is for a busy machine; nothing waits so long for what happens.
const patience = 5 * time.Minute

// A clone is a folder that looks like a built clone whose services are fakes.
type clone struct {
	folder string
	user   *syscall.Credential
}

// newClone makes a clone in a new folder, owned by the user if one is given.
func newClone(t *testing.T, user *syscall.Credential) clone {
	t.Helper()
	folder, err := os.MkdirTemp(cloneParent(), "picket-clone-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	c := clone{folder: folder, user: user}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	c.write(t, "go.mod", "module fake\n")
	if err := os.Mkdir(c.path("bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, service := range []string{"grouping", "ingest", "traces", "search"} {
		if err := os.Symlink(filepath.Join(programs, "fakeservice"), c.path("bin/picket-"+service)); err != nil {
			t.Fatal(err)
		}
	}
	if user != nil {
		if err := os.Chown(folder, int(user.Uid), int(user.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// cloneParent keeps clusters in memory where there is enough: making them is what these tests spend their time on.
func cloneParent() string {
	const memory, enough = "/dev/shm", 2 << 30
	var stat syscall.Statfs_t
	if err := syscall.Statfs(memory, &stat); err == nil && stat.Bavail*uint64(stat.Bsize) >= enough {
		return memory
	}
	return os.TempDir()
}

func (c clone) path(name string) string { return filepath.Join(c.folder, name) }

func (c clone) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(c.path(name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// events returns what the fake services wrote about their lives, and forgets it.
func (c clone) events(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(c.path("events"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(c.path("events")); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// command is picket-local in the clone, without what make test has in its environment.
func (c clone) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(programs, "picket-local"), args...)
	cmd.Dir = c.folder
	cmd.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "PICKET_") || strings.HasPrefix(entry, "TMPDIR=")
	})
	cmd.Env = append(cmd.Env, "FAKE_EVENTS="+c.path("events"))
	// A test that is killed leaves no servers behind.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.user, Setsid: true, Pdeathsig: syscall.SIGTERM}
	return cmd
}

// run runs picket-local to its end and returns what it printed and its exit status.
func (c clone) run(t *testing.T, args ...string) (output string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := c.command(ctx, args...)
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// A session is a picket-local that runs.
type session struct {
	cmd    *exec.Cmd
	output *bufio.Reader
	pipe   io.Closer
}

// start starts picket-local and waits until it has printed a line with the text.
func (c clone) start(t *testing.T, until string, args ...string) *session {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	cmd := c.command(ctx, args...)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	// Open until the end, so that a command which reads it waits.
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &session{cmd: cmd, output: bufio.NewReader(pipe), pipe: pipe}
	var seen strings.Builder
	for {
		line, err := s.output.ReadString('\n')
		seen.WriteString(line)
		if strings.Contains(line, until) {
			return s
		}
		if err != nil {
			t.Fatalf("no line has %q:\n%s", until, seen.String())
		}
	}
}

func (s *session) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// end waits for the end and returns what was printed meanwhile and the exit status, -1 after a signal.
func (s *session) end(t *testing.T) (output string, status int) {
	t.Helper()
	text, err := io.ReadAll(s.output)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait() // the status says it
	return string(text), s.cmd.ProcessState.ExitCode()
}

// leave reads no more and waits for the end.
func (s *session) leave(t *testing.T) {
	t.Helper()
	if err := s.pipe.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// awaitLine reads until a line has the text, and lets go on what is written after it.
func awaitLine(t *testing.T, from io.Reader, text string) {
	t.Helper()
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			go io.Copy(io.Discard, from) //nolint:errcheck // it ends with the process
			return
		}
	}
	t.Fatalf("no line has %q: %v", text, lines.Err())
}

func ownerOf(t *testing.T, path string) *syscall.Credential {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		t.Fatal("no owner")
	}
	return &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}
}

// postgresFolder is where picket-local finds PostgreSQL here.
func postgresFolder(t *testing.T) string {
	t.Helper()
	programs, err := postgresserver.Find(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return programs.Folder
}
