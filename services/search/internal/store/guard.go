package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/fault"
)

// guarded is a transaction whose statements are looked at when they take long: one that the database expects to go on
// for ever is ended then, instead of when its time is over.
type guarded struct {
	pgx.Tx
	store   *Store
	ctx     context.Context //nolint:containedctx // of the one call that the transaction serves
	timer   *time.Timer
	looking sync.WaitGroup
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
		g.timer = time.AfterFunc(g.store.limits.Patience, func() {
			defer g.looking.Done()
			g.look()
		})
	}
	return g.Tx.Query(ctx, sql, args...) //nolint:rowserrcheck // by who asked
}

// rest returns when nobody looks any longer: a request to cancel that comes late must not meet another statement.
func (g *guarded) rest() {
	if g.timer != nil && g.timer.Stop() {
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
	_ = g.Tx.Conn().PgConn().CancelRequest(g.ctx) // or it runs until its time is over
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
