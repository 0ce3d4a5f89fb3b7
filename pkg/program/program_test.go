package program_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/picket-io/picket/pkg/program"
)

var errBroken = errors.New("broken")

// diary is what the parts of a program did, in order.
type diary []string

// part runs until it is told to stop or fail is closed, and then ends with err.
func (d *diary) part(name string, fail <-chan struct{}, err error) program.Part {
	return program.Part{Name: name, Run: func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			*d = append(*d, name+" stopped")
		case <-fail:
			*d = append(*d, name+" ended")
		}
		return err
	}}
}

func (d *diary) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(*d, want) {
		t.Errorf("got %q, want %q", *d, want)
	}
}

func TestPartsStopOneAfterTheOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		drained := make(chan struct{})
		var d diary
		door := program.Part{Name: "door", Run: func(ctx context.Context) error {
			<-ctx.Done()
			<-drained
			d = append(d, "door drained")
			return ctx.Err()
		}}
		ended := make(chan error, 1)
		go func() { ended <- program.Run(ctx, door, d.part("pipeline", nil, nil), d.part("telemetry", nil, nil)) }()
		synctest.Wait()
		stop()
		synctest.Wait()
		d.expect(t) // what the door feeds waits for it
		close(drained)
		if err := <-ended; err != nil {
			t.Errorf("got %v", err)
		}
		d.expect(t, "door drained", "pipeline stopped", "telemetry stopped")
	})
}

func TestTheEndOfOnePartStopsTheOthersInOrder(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"a failure":                    {errBroken, "b: broken"},
		"a cancelled call of the part": {fmt.Errorf("ask: %w", context.Canceled), "b: ask: context canceled"},
		"an end without a failure":     {nil, "b: ended before it was told to stop"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fail := make(chan struct{})
				close(fail)
				var d diary
				err := program.Run(t.Context(), d.part("a", nil, nil), d.part("b", fail, tc.err), d.part("c", nil, nil))
				if err == nil || err.Error() != tc.want {
					t.Errorf("got %v, want %s", err, tc.want)
				}
				d.expect(t, "b ended", "a stopped", "c stopped")
			})
		})
	}
}

func TestEveryFailureIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		var d diary
		err := program.Run(ctx, d.part("a", nil, errBroken), d.part("b", nil, nil), d.part("c", nil, errBroken))
		if err == nil || err.Error() != "a: broken\nc: broken" {
			t.Errorf("got %v", err)
		}
		if !errors.Is(err, errBroken) {
			t.Error("the causes are lost")
		}
	})
}

func TestAPartThatFailsWhileAnotherStopsIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		fail := make(chan struct{})
		var d diary
		first := program.Part{Name: "first", Run: func(ctx context.Context) error {
			<-ctx.Done()
			close(fail)
			synctest.Wait()
			return nil
		}}
		err := program.Run(ctx, first, d.part("second", fail, errBroken), d.part("third", nil, nil))
		if err == nil || err.Error() != "second: broken" {
			t.Errorf("got %v", err)
		}
		d.expect(t, "second ended", "third stopped")
	})
}
