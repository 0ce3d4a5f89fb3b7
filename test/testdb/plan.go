package testdb

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Plan is the plan that a connection of a role would keep for a statement with parameters, after others in the same transaction.
func (d *Database) Plan(t testing.TB, role, statement string, before ...string) string {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, d.URL(role))
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	defer conn.Close(ctx)
	for _, first := range append([]string{`BEGIN`, `SET LOCAL plan_cache_mode = force_generic_plan`}, before...) {
		if _, err := conn.Exec(ctx, first); err != nil {
			t.Fatalf("testdb: %v", err)
		}
	}
	prepared, err := conn.Prepare(ctx, "planned", statement)
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	arguments := strings.Join(slices.Repeat([]string{"NULL"}, len(prepared.ParamOIDs)), ", ")
	rows, err := conn.Query(ctx, fmt.Sprintf("EXPLAIN EXECUTE planned(%s)", arguments))
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	return strings.Join(lines, "\n")
}
