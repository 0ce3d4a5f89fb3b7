package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/traces/internal/block"
)

// reading says which blocks are read, in which order, and which of their sections.
type reading struct {
	scope    Scope
	need     *block.Need
	order    string
	sections block.Needed
}

// stored is a block as it was read.
type stored struct {
	*block.Reader
	newest, oldest time.Time
}

func weeks(n int) time.Duration { return time.Duration(n) * partition.Step }

func (r reading) statement() (text string, args []any) {
	b := &builder{}
	where := b.scope(r.scope)
	if r.need != nil {
		where += "\n\tAND " + b.need(r.need)
	}
	section := func(name string, wanted bool) string {
		if wanted {
			return name
		}
		return "NULL::bytea" // FETCH is prepared once for all cursors, so their columns have the same types
	}
	text = fmt.Sprintf("SELECT organization_id, project_id, spans, newest, oldest, traces, times, %s, %s, %s, %s\nFROM span_blocks\nWHERE %s",
		section("span_ids", r.sections.Spans), section("words", r.sections.Words),
		section("attributes", r.sections.Attributes), section("rest", r.sections.Rest), where)
	if r.order != "" {
		text += "\nORDER BY " + r.order
	}
	return text, b.args
}

// Blocks are fetched in growing steps: a search that is content with the first ones should not pay for more.
const (
	firstFetch = 4
	maxFetch   = 32
)

// searchTime is how long one reading may take: a search that reads everything must not hold a connection for ever. The
// server keeps to it too, when the connection to it is lost. Compiling a plan takes longer than most searches.
const (
	searchTime  = 30 * time.Second
	beginSearch = `BEGIN READ ONLY; SET LOCAL statement_timeout = '30s'; SET LOCAL jit = off`
)

// each calls visit with each block until it wants no more. visit gets the next block too, nil at the end, to know what
// is still to come. All blocks are of one moment.
func (s *Store) each(ctx context.Context, doing string, r reading, visit func(b, next *stored) (more bool, err error)) error {
	caller := ctx
	ctx, cancel := context.WithTimeoutCause(caller, searchTime, errTooExpensive)
	defer cancel()
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{BeginQuery: beginSearch}, func(tx pgx.Tx) error {
		text, args := r.statement()
		if _, err := tx.Exec(ctx, "DECLARE blocks NO SCROLL CURSOR FOR "+text, args...); err != nil {
			return err
		}
		var held *stored
		for size := firstFetch; ; size = min(2*size, maxFetch) {
			rows, err := tx.Query(ctx, fmt.Sprintf("FETCH %d FROM blocks", size))
			if err != nil {
				return err
			}
			fetched, err := pgx.CollectRows(rows, scanBlock)
			if err != nil {
				return err
			}
			for _, next := range fetched {
				if held != nil {
					if more, err := visit(held, next); err != nil || !more {
						return err
					}
				}
				held = next
			}
			if len(fetched) < size {
				break
			}
		}
		if held == nil {
			return nil
		}
		_, err := visit(held, nil)
		return err
	})
	if err != nil && caller.Err() == nil && (errors.Is(context.Cause(ctx), errTooExpensive) || postgres.IsStatementTimeout(err)) {
		return errTooExpensive
	}
	return translate(doing, err)
}

var errTooExpensive = &fault.Error{
	Kind: fault.Exhausted, Reason: "SEARCH_TOO_EXPENSIVE", RetryAfter: time.Minute,
	Message: fmt.Sprintf("the search took longer than %v; narrow its time range, projects or queries", searchTime),
}

func scanBlock(row pgx.CollectableRow) (*stored, error) {
	var organizationID, projectID int64
	var spans int
	var b stored
	var s block.Sections
	err := row.Scan(&organizationID, &projectID, &spans, &b.newest, &b.oldest, &s.Traces, &s.Times, &s.Spans, &s.Words, &s.Attributes, &s.Rest)
	b.Reader = block.NewReader(organizationID, projectID, spans, s)
	return &b, err
}

// looked marks the spans of a block that are in a scope.
func (b *stored) looked(scope Scope) []bool {
	looked := make([]bool, b.Len())
	if len(scope.ProjectIDs) > 0 && !slices.Contains(scope.ProjectIDs, b.ProjectID) {
		return looked
	}
	whole := !b.oldest.Before(scope.From) && b.newest.Before(scope.To)
	environments := make(map[string]bool, len(scope.Environments))
	for _, name := range scope.Environments {
		environments[name] = true
	}
	for i := range looked {
		if !whole {
			if end := endTime(b.End(i)); end.Before(scope.From) || !end.Before(scope.To) {
				continue
			}
		}
		looked[i] = len(environments) == 0 || environments[b.Environment(i)]
	}
	return looked
}
