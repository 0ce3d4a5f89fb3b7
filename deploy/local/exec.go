package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/picket-io/picket/deploy/local/internal/console"
	"github.com/picket-io/picket/deploy/local/internal/postgresserver"
	"github.com/picket-io/picket/deploy/local/internal/process"
	"github.com/picket-io/picket/deploy/local/internal/redisserver"
	"github.com/picket-io/picket/deploy/local/internal/workspace"
)

const (
	testDatabaseURL = "PICKET_TEST_DATABASE_URL"
	testDatabaseLog = "PICKET_TEST_DATABASE_LOG" // the server's log, for tests that look for what they did not see
	testRedisURL    = "PICKET_TEST_REDIS_URL"
	// Every test has a logical database of its own.
	testRedisDatabases = 4096
)

// execute runs the command with throwaway servers and returns its exit status.
func execute(ctx context.Context, signals <-chan os.Signal, command []string, safety postgresserver.Safety) error {
	starter := process.NewStarter()
	servers := &throwaway{group: process.NewGroup()}
	err := interruptible(ctx, signals, func(ctx context.Context) error { return servers.start(ctx, starter, safety) })
	if err == nil {
		err = runCommand(starter, signals, command, servers.environment)
	}
	return errors.Join(err, servers.close())
}

// throwaway is what execute starts and removes again.
type throwaway struct {
	group       *process.Group
	scratch     *workspace.Scratch // nil when nothing was started
	environment []string
}

func (t *throwaway) close() error {
	t.group.Stop(func(string) {})
	if t.scratch == nil {
		return nil
	}
	return t.scratch.Remove()
}

// start starts the servers that the environment does not name. Close is due even when it fails.
func (t *throwaway) start(ctx context.Context, starter *process.Starter, safety postgresserver.Safety) error {
	wantPostgres, wantRedis := os.Getenv(testDatabaseURL) == "", os.Getenv(testRedisURL) == ""
	if !wantPostgres && !wantRedis {
		return nil
	}
	programs, err := find(ctx, console.New(os.Stderr), wantPostgres, wantRedis, 0)
	if err != nil {
		return err
	}
	if t.scratch, err = workspace.NewScratch(); err != nil {
		return err
	}
	if wantPostgres {
		cluster := postgresserver.Cluster{Folder: t.scratch.Join("postgres"), Account: t.scratch.Account}
		if err := cluster.Create(ctx, starter, programs.postgres, safety); err != nil {
			return err
		}
		log := t.scratch.Join("postgres.log")
		server, err := postgresserver.Start(ctx, starter, programs.postgres, cluster, safety, log)
		if err != nil {
			return err
		}
		t.group.Add(server.Process)
		t.environment = append(t.environment, testDatabaseURL+"="+server.URL, testDatabaseLog+"="+log)
	}
	if wantRedis {
		server, err := redisserver.Start(ctx, starter, redisserver.Options{
			Path:      programs.redis,
			Folder:    t.scratch.Join("redis"),
			Account:   t.scratch.Account,
			Log:       t.scratch.Join("redis.log"),
			Databases: testRedisDatabases,
		})
		if err != nil {
			return err
		}
		t.group.Add(server.Process)
		t.environment = append(t.environment, testRedisURL+"="+server.URL)
	}
	return nil
}

// runCommand runs the command on this process's terminal, hands signals on to it and returns how it ended.
func runCommand(starter *process.Starter, signals <-chan os.Signal, command, environment []string) error {
	cmd := exec.Command(command[0], command[1:]...) //nolint:noctx // it ends when it wants, or by a signal
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	// In the foreground of a terminal the command stays in our group: only so may it read from there. The terminal
	// then sends Ctrl-C to both of us, and handing it on would make it two. Elsewhere it has a group of its own, and
	// signals are meant for whatever the command has started too.
	terminal := inForeground()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: !terminal}
	if err := starter.StartCommand(cmd, syscall.SIGTERM); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case received := <-signals:
			switch {
			case !terminal:
				_ = syscall.Kill(-cmd.Process.Pid, received.(syscall.Signal)) //nolint:errcheck,forcetypeassert // on Unix every signal is one
			case received != os.Interrupt:
				_ = cmd.Process.Signal(received)
			}
		case err := <-ended:
			return commandStatus(err)
		}
	}
}

// commandStatus is the status that a shell would give for a command that ended so.
func commandStatus(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	if wait, ok := exit.Sys().(syscall.WaitStatus); ok && wait.Signaled() {
		return exitStatus(128 + int(wait.Signal()))
	}
	return exitStatus(exit.ExitCode())
}

// inForeground tells whether this process may read from its terminal.
func inForeground() bool {
	terminal, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer terminal.Close()
	group, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
