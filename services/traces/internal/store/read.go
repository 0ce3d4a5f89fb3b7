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
	without  blockKeys // that were read before
	order    string
	sections block.Needed
}

// stored is a block as it was read.
type stored struct {
	*block.Reader
	id             [16]byte
	newest, oldest time.Time
}

// blockKeys name blocks. Two projects may have the same one.
type blockKeys struct {
	projects []int64
	ids      [][16]byte
}

func (k *blockKeys) add(b *stored) {
	k.projects, k.ids = append(k.projects, b.ProjectID), append(k.ids, b.id)
}

func weeks(n int) time.Duration { return time.Duration(n) * partition.Step }

// The planner takes each of many tokens to be in many blocks, and would compare them with those of every block.
const (
	manyTokens = 4
	inBlocksOf = `(project_id, block_id, newest) IN (
		SELECT found.* FROM unnest(%[2]s::integer[]) AS wanted (token) CROSS JOIN LATERAL (
			SELECT project_id, block_id, newest FROM span_blocks WHERE %[1]s AND trace_tokens @> ARRAY[wanted.token] OFFSET 0) AS found)`
)

func (r reading) statement() (text string, args []any) {
	b := &builder{}
	where := b.scope(r.scope)
	switch {
	case r.need == nil:
	case len(r.need.Traces) >= manyTokens:
		where += "\n\tAND " + fmt.Sprintf(inBlocksOf, b.scope(r.scope), b.arg(r.need.Traces))
	default:
		where += "\n\tAND " + b.need(r.need)
	}
	if len(r.without.ids) > 0 {
		where += fmt.Sprintf("\n\tAND (project_id, block_id) NOT IN (SELECT * FROM unnest(%s::bigint[], %s::uuid[]))", b.arg(r.without.projects), b.arg(r.without.ids))
	}
	section := func(name string, wanted bool) string {
		if wanted {
			return name
		}
		return "NULL::bytea" // FETCH is prepared once for all cursors, so their columns have the same types
	}
	text = fmt.Sprintf("SELECT organization_id, project_id, block_id, spans, newest, oldest, traces, times, %s, %s, %s, %s\nFROM span_blocks\nWHERE %s",
		section("span_ids", r.sections.Spans), section("words", r.sections.Words),
		section("attributes", r.sections.Attributes), section("rest", r.sections.Rest), where)
	if r.order != "" {
		text += "\nORDER BY " + r.order
	}
	return text, b.args
}

// The server keeps to the limit of time too, when the connection to it is lost. Compiling a plan takes longer than most
// searches. Filters let through more than the planner believes: a walk that ends early must not sort all blocks first.
const (
	beginSearch = `BEGIN READ ONLY; SET LOCAL statement_timeout = %d; SET LOCAL jit = off`
	beginWalk   = beginSearch + "; SET LOCAL enable_sort = off"
)

// each calls visit with each block until it wants no more. visit gets the next block too, nil at the end, to know what
// is still to come. All blocks are of one moment.
func (s *Store) each(ctx context.Context, doing string, r reading, visit func(b, next *stored) (more bool, err error)) error {
	caller := ctx
	ctx, cancel := context.WithTimeoutCause(caller, s.limits.SearchTime, errTooLong)
	defer cancel()
	v := &visiting{visit: visit}
	var err error
	if r.need != nil && r.need.Traces != nil {
		err = s.readFew(ctx, r, v)
	} else {
		begin := beginSearch
		if r.order != "" {
			begin = beginWalk
		}
		begin = fmt.Sprintf(begin, s.limits.SearchTime.Milliseconds())
		err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{BeginQuery: begin}, func(tx pgx.Tx) error { return readMany(ctx, tx, r, v) })
	}
	if err == nil {
		err = v.end()
	}
	if err != nil && caller.Err() == nil && (errors.Is(context.Cause(ctx), errTooLong) || postgres.IsStatementTimeout(err)) {
		return &fault.Error{
			Kind: fault.Exhausted, Reason: "SEARCH_TIMED_OUT", RetryAfter: time.Minute,
			Message: fmt.Sprintf("the search took longer than %v; narrow its time range, projects or queries", s.limits.SearchTime),
		}
	}
	return translate(doing, err)
}

// visiting holds each block until the next one is there.
type visiting struct {
	visit func(b, next *stored) (more bool, err error)
	held  *stored
	done  bool
}

func (v *visiting) add(next *stored) (err error) {
	if v.held != nil && !v.done {
		more, err := v.visit(v.held, next)
		if err != nil {
			return err
		}
		v.done = !more
	}
	v.held = next
	return nil
}

func (v *visiting) end() error {
	if v.held == nil || v.done {
		return nil
	}
	_, err := v.visit(v.held, nil)
	return err
}

// readFew reads the blocks of some traces with one statement.
func (s *Store) readFew(ctx context.Context, r reading, v *visiting) error {
	text, args := r.statement()
	// Planned anew each time: a plan for any window would think that few blocks are in it, and read them all.
	rows, err := s.pool.Query(ctx, text, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() && !v.done {
		next, err := scanBlock(rows)
		if err != nil {
			return err
		}
		if err := v.add(next); err != nil {
			return err
		}
	}
	rows.Close()
	return rows.Err()
}

// Blocks are fetched in growing steps: a search that is content with the first ones should not pay for more. One that is
// not gets the next ones fetched while it looks at what it has.
const (
	firstFetch    = 4
	maxFetch      = 32
	fetchesBefore = 2 // they are fetched ahead
)

type fetched struct {
	blocks []*stored
	err    error
}

func readMany(ctx context.Context, tx pgx.Tx, r reading, v *visiting) error {
	text, args := r.statement()
	if _, err := tx.Exec(ctx, "DECLARE blocks NO SCROLL CURSOR FOR "+text, args...); err != nil {
		return err
	}
	size := firstFetch
	got := fetch(ctx, tx, size)
	for fetches := 1; got.err == nil; fetches++ {
		if len(got.blocks) < size {
			return v.addAll(got.blocks)
		}
		size = min(2*size, maxFetch)
		ahead := make(chan fetched, 1)
		isAhead := fetches >= fetchesBefore
		if isAhead {
			go func(size int) { ahead <- fetch(ctx, tx, size) }(size)
		}
		err := v.addAll(got.blocks)
		if isAhead {
			got = <-ahead // also when no more is wanted: the transaction cannot end before
		}
		if err != nil || v.done {
			return err
		}
		if !isAhead {
			got = fetch(ctx, tx, size)
		}
	}
	return got.err
}

func (v *visiting) addAll(blocks []*stored) error {
	for _, b := range blocks {
		if err := v.add(b); err != nil || v.done {
			return err
		}
	}
	return nil
}

func fetch(ctx context.Context, tx pgx.Tx, size int) fetched {
	rows, err := tx.Query(ctx, fmt.Sprintf("FETCH %d FROM blocks", size))
	if err != nil {
		return fetched{err: err}
	}
	blocks, err := pgx.CollectRows(rows, scanBlock)
	return fetched{blocks, err}
}

var errTooLong = errors.New("the time for a reading is over")

func scanBlock(row pgx.CollectableRow) (*stored, error) {
	var organizationID, projectID int64
	var spans int
	var b stored
	var s block.Sections
	err := row.Scan(&organizationID, &projectID, &b.id, &spans, &b.newest, &b.oldest, &s.Traces, &s.Times, &s.Spans, &s.Words, &s.Attributes, &s.Rest)
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
