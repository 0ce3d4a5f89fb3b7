package store

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

// plan asks the database what it expects of a statement, on a connection of its own.
func (s *Store) plan(ctx context.Context, st statement) (search.Explained, error) {
	var plan search.Explained
	err := pgx.BeginTxFunc(ctx, s.reader, pgx.TxOptions{BeginQuery: s.begin}, func(tx pgx.Tx) (err error) {
		plan, err = explain(ctx, tx, "EXPLAIN ", st)
		return err
	})
	return plan, err
}

func explain(ctx context.Context, tx pgx.Tx, how string, st statement) (search.Explained, error) {
	args := withoutMode(st.args)
	rows, err := tx.Query(ctx, how+st.sql, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
	if err != nil {
		return search.Explained{}, err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	explained := read(lines)
	explained.SQL = st.sql
	for _, arg := range args {
		explained.Arguments = append(explained.Arguments, fmt.Sprint(arg))
	}
	return explained, err
}

// withoutMode takes off what collect puts before the arguments.
func withoutMode(args []any) []any {
	if len(args) > 0 {
		if _, ok := args[0].(pgx.QueryExecMode); ok {
			return args[1:]
		}
	}
	return args
}

var (
	costOf  = regexp.MustCompile(`cost=[0-9.]+\.\.([0-9.]+)`)
	indexOf = regexp.MustCompile(`(?:Index(?: Only)? Scan(?: Backward)? using|Bitmap Index Scan on) (\S+)`)
	timeOf  = regexp.MustCompile(`^Execution Time: ([0-9.]+) ms`)
)

// read takes from the text of a plan what programs want to know.
func read(lines []string) search.Explained {
	explained := search.Explained{Plan: strings.Join(lines, "\n")}
	if m := costOf.FindStringSubmatch(explained.Plan); m != nil { // the first is that of the whole
		explained.Cost = number(m[1])
	}
	for _, line := range lines {
		if m := indexOf.FindStringSubmatch(line); m != nil && !slices.Contains(explained.Indexes, m[1]) {
			explained.Indexes = append(explained.Indexes, m[1])
		}
		if m := timeOf.FindStringSubmatch(line); m != nil {
			took := number(m[1])
			explained.Milliseconds = &took
		}
	}
	return explained
}

func number(text string) float64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil { // the pattern lets dots through
		return 0
	}
	return n
}

// Explain says how the first page of a search is read. When analyze is set it is read, each statement twice: once to be
// measured.
func (s *Store) Explain(ctx context.Context, q search.Query, p Page, analyze bool) (explained []search.Explained, err error) {
	err = s.inSnapshot(ctx, func(tx pgx.Tx) error {
		q, err := resolved(ctx, tx, q)
		if err != nil {
			return err
		}
		if analyze {
			r := &recorder{Tx: tx}
			_, err := find(ctx, r, q, p)
			explained = r.explained
			return err
		}
		statements, err := planned(ctx, tx, q, p)
		if err != nil {
			return err
		}
		for _, st := range statements {
			one, err := explain(ctx, tx, "EXPLAIN ", st)
			if err != nil {
				return err
			}
			explained = append(explained, one)
		}
		return nil
	})
	return explained, err
}

// planned are the statements that can be told before any of them is carried out: the first slice of a walk, or the page, as if all
// of the window were read, and the count, which a page of events tells itself.
func planned(ctx context.Context, tx pgx.Tx, q search.Query, p Page) ([]statement, error) {
	first, err := firstStatement(ctx, tx, q, p)
	if err != nil || p.CountCap == 0 || !walkable(q, nil) && !storedScore(q) {
		return []statement{first}, err
	}
	counted, err := count(q, p.CountCap+1, true)
	return []statement{first, counted}, err
}

func firstStatement(ctx context.Context, tx pgx.Tx, q search.Query, p Page) (statement, error) {
	if !walkable(q, nil) {
		return page(q, pageWanted(q, p))
	}
	end := q.Window.End.Truncate(hour).Add(hour)
	first, err := firstHour(ctx, tx, q.Scope.ProjectIDs(), end, perRow*(p.Size+1))
	if err != nil {
		return statement{}, err
	}
	return firstSlice(q, nil, slice{first, end}, p.Size+1)
}

// recorder is a transaction that explains every statement before it carries it out.
type recorder struct {
	pgx.Tx
	explained []search.Explained
}

func (r *recorder) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	one, err := explain(ctx, r.Tx, "EXPLAIN (ANALYZE, BUFFERS) ", statement{sql, args})
	if err != nil {
		return nil, err
	}
	r.explained = append(r.explained, one)
	return r.Tx.Query(ctx, sql, args...) //nolint:rowserrcheck // by who asked
}
