// Package debian installs packages with apt.
package debian

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// ErrCannotInstall is returned where this user or this system cannot install packages.
var ErrCannotInstall = errors.New("cannot install packages here")

// Install installs packages and what they depend on, without a question to anyone. Whether a package starts a service
// is the system's policy (policy-rc.d, create_main_cluster), which is left as it is.
func Install(ctx context.Context, packages []string) error {
	aptGet, err := exec.LookPath("apt-get")
	if err != nil {
		return fmt.Errorf("%w: no apt-get", ErrCannotInstall)
	}
	prefix, err := asRoot(ctx)
	if err != nil {
		return err
	}
	apt := func(args ...string) error {
		// sudo forgets the environment, env sets it behind it.
		words := append(prefix, "env", "DEBIAN_FRONTEND=noninteractive", aptGet, "-q", "-o", "DPkg::Lock::Timeout=300")
		return runQuietly(ctx, append(words, args...))
	}
	// Lists that could not be fetched anew may still do.
	updateErr := apt("update")
	if err := apt(append([]string{"install", "-y", "--no-install-recommends"}, packages...)...); err != nil {
		return errors.Join(err, updateErr)
	}
	return nil
}

// asRoot returns the words that make a command run as root.
func asRoot(ctx context.Context) ([]string, error) {
	if os.Geteuid() == 0 {
		return nil, nil
	}
	sudo, err := exec.LookPath("sudo")
	if err != nil {
		return nil, fmt.Errorf("%w: neither root nor sudo", ErrCannotInstall)
	}
	if err := exec.CommandContext(ctx, sudo, "-n", "true").Run(); err != nil {
		return nil, fmt.Errorf("%w: sudo wants a password", ErrCannotInstall)
	}
	return []string{sudo, "-n"}, nil
}

// runQuietly runs a command whose output is of interest only when it fails.
func runQuietly(ctx context.Context, words []string) error {
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stdout, cmd.Stderr = &output, &output
	// apt ends orderly when it is interrupted; killing it could leave a package half installed.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = time.Minute
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(words, " "), err, strings.TrimSpace(output.String()))
	}
	return nil
}
