// Package console tells the person at the terminal what is going on.
package console

import (
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A Console prints lines, and steps that take a while.
type Console struct {
	out      *os.File
	terminal bool
	mu       sync.Mutex
}

// New makes a console on out. Only a terminal sees the seconds count.
func New(out *os.File) *Console {
	_, err := unix.IoctlGetTermios(int(out.Fd()), unix.TCGETS)
	return &Console{out: out, terminal: err == nil}
}

// Line prints one line.
func (c *Console) Line(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.out, format+"\n", args...)
}

// Step says what begins, does it, and says how long it took. Nothing else may print meanwhile.
func (c *Console) Step(what string, do func() error) error {
	began := time.Now()
	if !c.terminal {
		c.Line("%s …", what)
		err := do()
		if err == nil {
			c.Line("%s: done in %s", what, time.Since(began).Round(100*time.Millisecond))
		}
		return err
	}
	stop := c.count(what, began)
	err := do()
	stop()
	if err == nil {
		c.Line("\r\x1b[K%s: %s", what, time.Since(began).Round(100*time.Millisecond))
	} else {
		c.Line("\r\x1b[K%s: failed", what)
	}
	return err
}

// count redraws the line every second until stop is called.
func (c *Console) count(what string, began time.Time) (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	fmt.Fprintf(c.out, "%s …", what)
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case now := <-ticker.C:
				fmt.Fprintf(c.out, "\r\x1b[K%s … %s", what, now.Sub(began).Round(time.Second))
			}
		}
	}()
	return func() {
		close(done)
		<-stopped
	}
}
