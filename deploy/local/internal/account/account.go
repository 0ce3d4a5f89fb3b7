// Package account is about the user as whom database servers run. PostgreSQL refuses to run as root, so root starts
// them as another user; everybody else starts them as themselves.
package account

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// An Account is the user as whom servers run.
type Account struct {
	Name       string
	Credential *syscall.Credential // nil: the user of this process
}

// ForServers returns the account that is to run servers over the folder: its owner if it exists, so that root goes on
// with what an ordinary user began.
func ForServers(folder string) (Account, error) {
	if os.Geteuid() != 0 {
		return Account{Name: "this user"}, nil
	}
	info, err := os.Stat(folder)
	if err == nil {
		if owner := owner(info); owner.Uid != 0 {
			return Account{Name: "user " + strconv.Itoa(int(owner.Uid)), Credential: owner}, nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Account{}, err
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(found.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(found.Gid, 10, 32)
		if errUID == nil && errGID == nil {
			return Account{Name: name, Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
		}
	}
	return Account{}, errors.New("root cannot run PostgreSQL and neither a user postgres nor a user nobody exists")
}

// MakeFolder makes a folder that only the account (and root) can enter.
func (a Account) MakeFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return a.own(path)
}

// WriteFile writes a file that only the account (and root) can read.
func (a Account) WriteFile(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	return a.own(path)
}

func (a Account) own(path string) error {
	if a.Credential == nil {
		return nil
	}
	return os.Lchown(path, int(a.Credential.Uid), int(a.Credential.Gid))
}

// CanReach tells whether the account can enter the folder, which takes the right to pass through every folder above.
// It lets the kernel answer, which also knows of access lists and mounts.
func (a Account) CanReach(folder string) bool {
	if a.Credential == nil {
		return true
	}
	//nolint:noctx // it looks at one folder
	cmd := exec.Command("/bin/sh", "-c", `cd "$0"`, folder)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.Credential}
	return cmd.Run() == nil
}

// CheckOwn fails unless path is a folder, not a link, that belongs to this process's user and that others cannot
// write to: in a shared place like /var/tmp somebody may have made it before us.
func CheckOwn(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() || int(owner(info).Uid) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s is not a folder that only this user can write to: remove it", path)
	}
	return nil
}

func owner(info fs.FileInfo) *syscall.Credential {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return &syscall.Credential{}
	}
	return &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}
}
