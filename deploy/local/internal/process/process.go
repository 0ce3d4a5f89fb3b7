package process

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A Program says what to run and how to end it.
type Program struct {
	Name       string // what people call it, and its log file
	Path       string
	Args       []string
	Dir        string
	Env        []string            // nil: this process's
	Stdin      io.Reader           // nil: nothing
	Credential *syscall.Credential // nil: this process's
	Log        string              // the file that takes what it prints; started anew
	Stop       syscall.Signal      // asks it to end orderly
	Kill       syscall.Signal      // ends it at once; also sent when this process dies
	Patience   time.Duration       // how long an orderly end may take before it is killed
}

// A Process is a running Program, or one that has ended.
type Process struct {
	program Program
	cmd     *exec.Cmd
	done    chan struct{}
	err     error // how it ended, once done is closed
}

// Start runs the program in a process group of its own, so that a Ctrl-C in the terminal reaches it only through Stop,
// when its turn has come.
func (s *Starter) Start(program Program) (*Process, error) {
	log, err := os.OpenFile(program.Log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", program.Name, err)
	}
	defer log.Close()
	//nolint:noctx // a process ends in its turn, not when a context does
	cmd := exec.Command(program.Path, program.Args...)
	cmd.Dir = program.Dir
	cmd.Env = program.Env
	cmd.Stdin = program.Stdin
	cmd.Stdout = log
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: program.Credential}
	if err := s.StartCommand(cmd, program.Kill); err != nil {
		return nil, err
	}
	p := &Process{program: program, cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// Name is the program's name.
func (p *Process) Name() string { return p.program.Name }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Ended waits until the process has ended and says how, with the last lines it printed.
func (p *Process) Ended() error {
	<-p.done
	how := "exit status 0"
	if p.err != nil {
		how = p.err.Error()
	}
	return &EndedError{Name: p.program.Name, How: how, Log: p.program.Log, Tail: tail(p.program.Log)}
}

// Succeeded waits until the process has ended, and fails unless it did so with status 0.
func (p *Process) Succeeded() error {
	<-p.done
	if p.err == nil {
		return nil
	}
	return p.Ended()
}

// AwaitReady asks ready again and again until it returns nil, the process ends or ctx is done.
func (p *Process) AwaitReady(ctx context.Context, ready func(context.Context) error) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	asking, leave := context.WithCancel(ctx)
	defer leave()
	go func() { // whoever else listens there may let us wait
		select {
		case <-p.done:
			leave()
		case <-asking.Done():
		}
	}()
	for {
		err := ready(asking)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.Ended()
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer (%w); its log is %s", p.program.Name, err, p.program.Log)
		case <-ticker.C:
		}
	}
}

// Stop asks the process to end and waits until it has. One that takes too long is killed.
func (p *Process) Stop() {
	for _, signal := range []syscall.Signal{p.program.Stop, p.program.Kill} {
		p.signal(signal)
		select {
		case <-p.done:
			return
		case <-time.After(p.program.Patience):
		}
	}
	p.signal(syscall.SIGKILL)
	<-p.done
}

// kill ends the process at once, without waiting.
func (p *Process) kill() { p.signal(p.program.Kill) }

// signal does nothing to a process that has ended: os.Process knows when its number may be another's.
func (p *Process) signal(signal syscall.Signal) { _ = p.cmd.Process.Signal(signal) }
