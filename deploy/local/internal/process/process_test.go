package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestAChildOutlivesTheThreadThatAskedForIt(t *testing.T) {
	t.Parallel()
	starter := NewStarter()
	var child *Process
	endThread(t, func() { child = start(t, starter, "child", `echo up; read x`, time.Minute) })
	awaitLog(t, child, "up")
	child.Stop()
	if err := child.Ended(); !strings.Contains(err.Error(), syscall.SIGTERM.String()) {
		t.Errorf("it was not ended by Stop: %v", err)
	}
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	t.Parallel()
	deaf := start(t, NewStarter(), "deaf", `trap '' TERM; echo up; while :; do read x <&3; done 3<>`+filepath.Join(t.TempDir(), "never"), time.Millisecond)
	awaitLog(t, deaf, "up")
	deaf.Stop()
	var ended *EndedError
	if err := deaf.Ended(); !errors.As(err, &ended) || ended.How != "signal: "+syscall.SIGUSR1.String() {
		t.Errorf("got %v", err)
	}
}

func TestAGroupStopsTheLastStartedFirst(t *testing.T) {
	t.Parallel()
	starter, group := NewStarter(), NewGroup()
	for _, name := range []string{"store", "service", "door"} {
		group.Add(start(t, starter, name, `read x`, time.Minute))
	}
	var order []string
	group.Stop(func(name string) { order = append(order, name) })
	if diff := cmp.Diff([]string{"door", "service", "store"}, order); diff != "" {
		t.Error(diff)
	}
	select {
	case p := <-group.Ended():
		t.Errorf("%s ended as it was told to, and that is reported", p.Name())
	default:
	}
}

func TestAGroupReportsWhoEndedUnasked(t *testing.T) {
	t.Parallel()
	starter, group := NewStarter(), NewGroup()
	group.Add(start(t, starter, "steady", `read x`, time.Minute))
	failing := start(t, starter, "failing", `for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do echo line $i; done; exit 3`, time.Minute)
	group.Add(failing)
	if p := <-group.Ended(); p != failing {
		t.Errorf("got %s", p.Name())
	}
	var want strings.Builder
	fmt.Fprintf(&want, "failing ended (exit status 3); the last lines of %s:", failing.program.Log)
	for i := 3; i <= 17; i++ {
		fmt.Fprintf(&want, "\n  line %d", i)
	}
	if diff := cmp.Diff(want.String(), failing.Ended().Error()); diff != "" {
		t.Error(diff)
	}
	group.Kill()
	group.Stop(func(string) {})
}

func TestWhatJoinsAKilledGroupIsKilled(t *testing.T) {
	t.Parallel()
	group := NewGroup()
	group.Kill()
	late := start(t, NewStarter(), "late", `read x`, time.Minute)
	group.Add(late)
	<-late.Done()
}

// endThread calls do on a thread that has ended when it returns.
func endThread(t *testing.T, do func()) {
	t.Helper()
	ask := func(do func()) (thread int) {
		asked := make(chan struct{})
		go func() {
			defer close(asked)
			runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
			thread = unix.Gettid()
			do()
		}()
		<-asked
		return thread
	}
	// The main thread does not end. Once it has been asked to, it is not used again.
	var thread int
	for done := false; !done; {
		thread = ask(func() {
			if unix.Gettid() != os.Getpid() {
				do()
				done = true
			}
		})
	}
	for {
		if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", thread)); err != nil {
			return
		}
		runtime.Gosched()
	}
}

// start runs a shell script whose input stays open and silent. SIGUSR1 stands for the signal that kills.
func start(t *testing.T, starter *Starter, name, script string, patience time.Duration) *Process {
	t.Helper()
	input, silence, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := starter.Start(Program{
		Name: name, Path: "/bin/sh", Args: []string{"-c", script}, Stdin: input, Log: filepath.Join(t.TempDir(), name),
		Stop: syscall.SIGTERM, Kill: syscall.SIGUSR1, Patience: patience,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Stop()
		input.Close()
		silence.Close()
	})
	return p
}

func awaitLog(t *testing.T, p *Process, text string) {
	t.Helper()
	for !strings.Contains(tail(p.program.Log), text) {
		select {
		case <-p.Done():
			t.Fatal(p.Ended())
		default:
			runtime.Gosched()
		}
	}
}
