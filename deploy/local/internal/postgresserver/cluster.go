package postgresserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/picket-io/picket/deploy/local/internal/account"
	"github.com/picket-io/picket/deploy/local/internal/process"
)

// A Cluster is a folder with a cluster's data and, in a file that only its user (and root) can read, the password of
// its superuser postgres.
type Cluster struct {
	Folder  string
	Account account.Account // as whom its server runs
}

func (c Cluster) data() string     { return filepath.Join(c.Folder, "data") }
func (c Cluster) password() string { return filepath.Join(c.Folder, "password") }

// Version returns the major version that made the cluster, 0 when there is none yet.
func (c Cluster) Version() (int, error) {
	text, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	version, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("version of the cluster in %s: %w", c.Folder, err)
	}
	return version, nil
}

// Create makes the cluster. It is made beside its place and moved there when it is whole: one whose making was cut
// short is made again.
func (c Cluster) Create(ctx context.Context, starter *process.Starter, programs Programs, safety Safety) error {
	making := Cluster{Folder: c.Folder + ".making", Account: c.Account}
	if err := os.RemoveAll(making.Folder); err != nil {
		return err
	}
	if err := c.Account.MakeFolder(making.Folder); err != nil {
		return err
	}
	if err := c.Account.WriteFile(making.password(), rand.Text()); err != nil {
		return err
	}
	args := []string{
		"--pgdata=" + making.data(), "--username=" + superuser, "--pwfile=" + making.password(),
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
	}
	if safety == Throwaway {
		args = append(args, "--no-sync")
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(programs.Folder, "initdb"), args...)
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.Account.Credential}
	if err := starter.StartCommand(cmd, syscall.SIGKILL); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, strings.TrimSpace(output.String()))
	}
	return os.Rename(making.Folder, c.Folder)
}

// evictTime is how long a server that was left behind may take to end.
const evictTime = 15 * time.Second

// evict ends a server that an earlier process left running over the cluster, and removes a postmaster.pid that names
// no such server: its number may meanwhile be that of another program, for which PostgreSQL would refuse to start.
// The caller knows that nobody else may use the cluster now.
func (c Cluster) evict(ctx context.Context) error {
	path := filepath.Join(c.data(), "postmaster.pid")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 1 {
		return remove(path)
	}
	ctx, cancel := context.WithTimeout(ctx, evictTime)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for c.isServedBy(pid) {
		_ = syscall.Kill(pid, syscall.SIGQUIT)
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL, process %d, still runs over %s and does not end: kill it", pid, c.Folder)
		case <-ticker.C:
		}
	}
	return remove(path)
}

// isServedBy tells whether the process works in the cluster's folder, as a server does all its life.
func (c Cluster) isServedBy(pid int) bool {
	folder, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false
	}
	data, err := filepath.EvalSymlinks(c.data())
	return err == nil && folder == data
}

func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
