// Package workspace is the folder .local of a clone, in which a local installation keeps its data and logs.
package workspace

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/picket-io/picket/deploy/local/internal/account"
)

// A Workspace is a clone whose .local this process holds alone.
type Workspace struct {
	Root string
	lock *os.File
}

// Root returns the clone in which dir lies: the nearest folder upwards that has a go.mod.
func Root(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for folder := dir; ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("%s does not lie in a clone of Picket: no go.mod there or above", dir)
		}
	}
}

// Open makes the folder .local and takes it for this process. The lock goes with the process, so that one which was
// killed leaves none behind.
func Open(root string) (*Workspace, error) {
	w := &Workspace{Root: root}
	for _, folder := range []string{w.local(), w.local("log")} {
		if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // the servers' user must pass through
			return nil, notOurs(err)
		}
	}
	// Whatever the umask said.
	if err := os.Chmod(w.local(), 0o755); err != nil { //nolint:gosec // the servers' user must pass through
		return nil, notOurs(err)
	}
	lock, err := os.OpenFile(w.local("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, notOurs(err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("picket-local is already running in %s: stop that first", root)
	}
	w.lock = lock
	return w, nil
}

func notOurs(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: .local was made by another user: remove it, or run as that user", err)
	}
	return err
}

// Close lets another process have the workspace.
func (w *Workspace) Close() error { return w.lock.Close() }

// Binary is the path of a program that the clone builds.
func (w *Workspace) Binary(name string) string { return filepath.Join(w.Root, "bin", name) }

// Folder is .local itself.
func (w *Workspace) Folder() string { return w.local() }

// Log is the path of a process's log.
func (w *Workspace) Log(name string) string { return w.local("log", name+".log") }

// Data returns the folder of a server's data, which the account can reach, and the account. It is not made yet, what
// is above it is. Where root's clone lies out of the account's reach, the data lies elsewhere.
func (w *Workspace) Data(server string) (string, account.Account, error) {
	folder := w.local(server)
	user, err := account.ForServers(folder)
	if err != nil || user.CanReach(w.local()) {
		return folder, user, err
	}
	elsewhere := fmt.Sprintf("/var/tmp/picket-%x", sha256.Sum256([]byte(w.Root)))[:len("/var/tmp/picket-")+12]
	if err := os.Mkdir(elsewhere, 0o755); err != nil && !errors.Is(err, fs.ErrExist) { //nolint:gosec // the servers' user must pass through
		return "", user, err
	}
	if err := account.CheckOwn(elsewhere); err != nil {
		return "", user, err
	}
	if err := os.Chmod(elsewhere, 0o755); err != nil { //nolint:gosec // the servers' user must pass through
		return "", user, err
	}
	folder = filepath.Join(elsewhere, server)
	user, err = account.ForServers(folder)
	return folder, user, err
}

func (w *Workspace) local(elem ...string) string {
	return filepath.Join(append([]string{w.Root, ".local"}, elem...)...)
}
