// Package process starts child processes that do not outlive this one, watches them and stops them in order.
package process

import (
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
)

// A Starter starts every child from one thread that lives as long as this process. The kernel delivers a child's
// parent-death signal when the thread that forked it ends, not when the process does: a child started from an ordinary
// goroutine would be killed when the Go scheduler retires the thread that happened to run it.
type Starter struct {
	starts chan func()
}

// NewStarter makes the thread. It is never given back, so a program needs one Starter.
func NewStarter() *Starter {
	s := &Starter{starts: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for start := range s.starts {
			start()
		}
	}()
	return s
}

// StartCommand starts cmd, which gets death when this process ends, however it ends.
func (s *Starter) StartCommand(cmd *exec.Cmd, death syscall.Signal) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = death
	started := make(chan error)
	s.starts <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return nil
}
