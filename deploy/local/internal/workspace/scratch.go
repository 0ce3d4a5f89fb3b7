package workspace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/picket-io/picket/deploy/local/internal/account"
)

// A Scratch is a folder for servers that are thrown away after use.
type Scratch struct {
	Folder  string
	Account account.Account // as whom its servers run
	lock    *os.File
}

const scratchPrefix = "picket-scratch-"

// NewScratch makes a folder that the servers' account can reach, and removes those of processes that were killed
// before they could do so themselves.
func NewScratch() (*Scratch, error) {
	user, err := account.ForServers("")
	if err != nil {
		return nil, err
	}
	parents := scratchParents()
	for _, parent := range parents {
		if !user.CanReach(parent) {
			continue
		}
		sweep(parent)
		folder, err := os.MkdirTemp(parent, scratchPrefix)
		if err != nil {
			return nil, err
		}
		s := &Scratch{Folder: folder, Account: user}
		if err := os.Chmod(folder, 0o711); err != nil { //nolint:gosec // the servers' user must pass through
			return nil, errors.Join(err, s.Remove())
		}
		if s.lock, err = lockFolder(folder); err != nil {
			return nil, errors.Join(err, s.Remove())
		}
		return s, nil
	}
	return nil, fmt.Errorf("the user %s can enter none of %s", user.Name, strings.Join(parents, ", "))
}

// memoryFolder keeps files in memory. Cloning a database, which every test of a store does, makes 300 files; that took
// 14 ms there and 400 ms on the disk of a cloud machine.
const memoryFolder = "/dev/shm"

// enoughMemory is what a run of all tests fits in. Containers have 64 MB there by default.
const enoughMemory = 4 << 30

// scratchParents are the folders in which a scratch folder may be made, the best first.
func scratchParents() []string {
	parents := []string{os.TempDir(), "/var/tmp"}
	var stat syscall.Statfs_t
	if os.Getenv("TMPDIR") == "" && syscall.Statfs(memoryFolder, &stat) == nil && stat.Bavail*uint64(stat.Bsize) >= enoughMemory {
		parents = append([]string{memoryFolder}, parents...)
	}
	return parents
}

// Join is the path of something in the folder.
func (s *Scratch) Join(name string) string { return filepath.Join(s.Folder, name) }

// Remove removes the folder.
func (s *Scratch) Remove() error {
	err := os.RemoveAll(s.Folder)
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// settled is the age at which a folder's maker has certainly locked it.
const settled = time.Minute

// sweep removes scratch folders of ours that nobody holds. What it cannot remove it leaves: that hurts nobody.
func sweep(parent string) {
	folders, _ := filepath.Glob(filepath.Join(parent, scratchPrefix+"*"))
	for _, folder := range folders {
		info, err := os.Lstat(folder)
		if err != nil || time.Since(info.ModTime()) < settled || account.CheckOwn(folder) != nil {
			continue
		}
		if lock, err := lockFolder(folder); err == nil {
			_ = os.RemoveAll(folder)
			lock.Close()
		}
	}
}

// lockFolder takes the folder for this process, or fails at once when another has it.
func lockFolder(folder string) (*os.File, error) {
	file, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
