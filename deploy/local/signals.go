package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// A signalError is an end that somebody asked for.
type signalError struct{ signal os.Signal }

func (e signalError) Error() string { return fmt.Sprintf("stopped by %s", e.signal) }

// interruptible calls do with a context that the first signal cancels. When one did, it returns the exit status that
// a shell would give, instead of how do took it.
func interruptible(ctx context.Context, signals <-chan os.Signal, do func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	for {
		select {
		case received := <-signals:
			cancel(signalError{received})
		case err := <-done:
			var interrupted signalError
			if err != nil && errors.As(context.Cause(ctx), &interrupted) {
				return exitStatus(128 + number(interrupted.signal))
			}
			return err
		}
	}
}

// number is the signal's number, 0 for what is none on Unix.
func number(signal os.Signal) int {
	unix, _ := signal.(syscall.Signal)
	return int(unix)
}
