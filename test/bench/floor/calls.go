package floor

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	pacedCallers = 16
	pacedRate    = 200
)

// Pace lets callers through at a rate. One that comes late goes at once.
type Pace struct {
	each time.Duration
	mu   sync.Mutex
	next time.Time
}

// NewPace begins now. At a rate of 0 nobody waits.
func NewPace(rate float64) *Pace {
	p := &Pace{next: time.Now()}
	if rate > 0 {
		p.each = time.Duration(float64(time.Second) / rate)
	}
	return p
}

// Wait waits for the caller's turn.
func (p *Pace) Wait() {
	if p.each == 0 {
		return
	}
	p.mu.Lock()
	p.next = p.next.Add(p.each)
	turn := p.next
	p.mu.Unlock()
	<-time.After(time.Until(turn))
}

// call calls for a while, one caller beside the other, which are numbered from 0. The first call of each is not measured: it
// connects, or prepares a statement.
func call(ctx context.Context, length time.Duration, callers int, rate float64, do func(ctx context.Context, caller int) error) (Figure, error) {
	for caller := range callers {
		if err := do(ctx, caller); err != nil {
			return Figure{}, err
		}
	}
	pace, began := NewPace(rate), time.Now()
	took := make([][]time.Duration, callers)
	calling, ctx := errgroup.WithContext(ctx)
	for caller := range callers {
		calling.Go(func() error {
			for time.Since(began) < length {
				pace.Wait()
				start := time.Now()
				if err := do(ctx, caller); err != nil {
					return err
				}
				took[caller] = append(took[caller], time.Since(start))
			}
			return nil
		})
	}
	err := calling.Wait()
	elapsed := time.Since(began)
	var all []time.Duration
	for _, some := range took {
		all = append(all, some...)
	}
	return Figure{Rate: float64(len(all)) / elapsed.Seconds(), P50: Quantile(all, 0.5), P95: Quantile(all, 0.95)}, err
}

func (m *Meter) call(ctx context.Context, callers int, do func(ctx context.Context, caller int) error) (Figure, error) {
	return call(ctx, m.options.Length, callers, 0, do)
}

func (m *Meter) paced(ctx context.Context, do func(ctx context.Context, caller int) error) (Figure, error) {
	return call(ctx, 2*m.options.Length, pacedCallers, pacedRate, do)
}
