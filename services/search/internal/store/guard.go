package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/picket-io/picket/pkg/fault"
)

// betweenRequests is the time between two requests to end the same statement.
const betweenRequests = 100 * time.Millisecond

// guarded is a transaction whose statements are looked at when they take long: one that the database expects to go on
// for ever is ended then, instead of when its time is over.
type guarded struct {
	pgx.Tx
	store   *Store
	ctx     context.Context //nolint:containedctx // of the one call that the transaction serves
	timer   *time.Timer
	looking sync.WaitGroup
	ended   chan struct{} // closed when the statement has ended that timer is for
	mu      sync.Mutex
	st      statement
	refused error
}

func (s *Store) guard(ctx context.Context, tx pgx.Tx) *guarded {
	return &guarded{Tx: tx, store: s, ctx: ctx}
}

// Query begins a statement, and ends the watch over the one before it.
func (g *guarded) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	g.rest()
	g.mu.Lock()
	g.st = statement{sql, args}
	g.mu.Unlock()
	if g.store.limits.Cost > 0 {
		g.looking.Add(1)
		g.ended = make(chan struct{})
		g.timer = time.AfterFunc(g.store.limits.Patience, func() {
			defer g.looking.Done()
			g.look()
		})
	}
	return g.Tx.Query(ctx, sql, args...) //nolint:rowserrcheck // by who asked
}

// Exec and QueryRow are for statements that are cheap: the watch over the one before ends, and none begins.

func (g *guarded) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	g.rest()
	return g.Tx.Exec(ctx, sql, args...)
}

func (g *guarded) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	g.rest()
	return g.Tx.QueryRow(ctx, sql, args...)
}

// rest returns when nobody looks any longer: a request to cancel that comes late must not meet another statement.
func (g *guarded) rest() {
	if g.timer == nil {
		return
	}
	close(g.ended)
	if g.timer.Stop() {
		g.looking.Done()
	}
	g.timer = nil
	g.looking.Wait()
}

func (g *guarded) look() {
	g.mu.Lock()
	st := g.st
	g.mu.Unlock()
	plan, err := g.store.plan(g.ctx, st)
	if err != nil || plan.Cost <= g.store.limits.Cost {
		return // what cannot be looked at runs until its time is over
	}
	g.mu.Lock()
	g.refused = &fault.Error{
		Kind: fault.FailedPrecondition, Reason: "SEARCH_TOO_EXPENSIVE",
		Message: fmt.Sprintf("the search has an estimated cost of %.0f, above the limit of %.0f; narrow its time range, projects or query, or add a "+
			"condition on a tag, and see ExplainQuery", plan.Cost, g.store.limits.Cost),
	}
	g.mu.Unlock()
	g.end()
}

// end asks the database to end the statement until it has ended: what is asked between two messages of it has no effect.
func (g *guarded) end() {
	ticker := time.NewTicker(betweenRequests)
	defer ticker.Stop()
	for {
		_ = g.Tx.Conn().PgConn().CancelRequest(g.ctx) // or it runs until its time is over
		select {
		case <-ticker.C:
		case <-g.ended:
			return
		case <-g.ctx.Done():
			return
		}
	}
}

// verdict is the error of what was read: why it was ended, if it was.
func (g *guarded) verdict(err error) error {
	g.rest()
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil && g.refused != nil {
		return g.refused
	}
	return err
}
