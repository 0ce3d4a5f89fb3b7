// Picket-local runs Picket on one machine, with a PostgreSQL and a Redis of its own.
//
//	picket-local run            the four services with a sample of issues and traces, until Ctrl-C
//	picket-local demo           the same, and ends
//	picket-local exec -- CMD    CMD, a test, with an empty PostgreSQL and Redis
//
// With -sample=false the services start with what they have. With -durable the PostgreSQL of exec writes as a real one
// does and has a gigabyte of buffers; it lies in TMPDIR.
//
// Run and demo keep their data and logs in the clone's folder .local. They use the servers that PICKET_DATABASE_URL
// and PICKET_REDIS_URL name instead of their own, exec those of PICKET_TEST_DATABASE_URL and PICKET_TEST_REDIS_URL. A
// database URL must be that of a user who may create roles and databases. PICKET_TEST_DATABASE_LOG is the log of a
// PostgreSQL that exec started.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/picket-io/picket/deploy/local/internal/postgresserver"
)

const usage = `usage: picket-local [-sample=false] run | demo
       picket-local [-durable] exec -- COMMAND [ARGUMENT]...
  run    start the services with a PostgreSQL and a Redis, feed them a sample and show it, until Ctrl-C
  demo   the same, and end
  exec   run COMMAND with an empty PostgreSQL and Redis in PICKET_TEST_DATABASE_URL and PICKET_TEST_REDIS_URL
`

func main() {
	flag.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	sample := flag.Bool("sample", true, "feed the sample and show it")
	durable := flag.Bool("durable", false, "exec: PostgreSQL writes as one that may lose nothing, and has the memory of a server")
	flag.Parse()
	safety := postgresserver.Throwaway
	if *durable {
		safety = postgresserver.Measured
	}
	os.Exit(status(dispatch(flag.Args(), *sample, safety)))
}

func dispatch(args []string, sample bool, safety postgresserver.Safety) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	// Whoever reads our output may leave before us: what was started is still to be stopped in order.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx := context.Background()
	switch {
	case len(args) == 1 && args[0] == "run":
		return runServices(ctx, signals, untilStopped, sample)
	case len(args) == 1 && args[0] == "demo":
		return runServices(ctx, signals, untilReady, sample)
	case len(args) >= 2 && args[0] == "exec":
		command := args[1:]
		if command[0] == "--" {
			command = command[1:]
		}
		if len(command) > 0 {
			return execute(ctx, signals, command, safety)
		}
	}
	flag.Usage()
	return exitStatus(2)
}

// An exitStatus is an end that needs no explanation.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// status reports err and returns what the process ends with.
func status(err error) int {
	if err == nil {
		return 0
	}
	var exit exitStatus
	if errors.As(err, &exit) {
		return int(exit)
	}
	fmt.Fprintln(os.Stderr, "picket-local:", err)
	return 1
}
