package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

const selectNamed = `
SELECT g.project_id, g.id FROM issues g
WHERE g.project_id = ANY($1) AND g.id = ANY($2) AND g.status NOT IN (3, 4, 5)`

// Named tells which of the ids are issues of the projects.
func (s *Store) Named(ctx context.Context, projectIDs, ids []int64) (found []search.Name, err error) {
	err = s.inSnapshot(ctx, func(tx pgx.Tx) error {
		found, err = collect(ctx, tx, statement{selectNamed, []any{projectIDs, ids}}, pgx.RowToStructByPos[search.Name])
		return err
	})
	return found, err
}

// Select gives the first issues that a query finds, in its order, without anything else of them.
func (s *Store) Select(ctx context.Context, q search.Query, limit int) (names []search.Name, err error) {
	err = s.inSnapshot(ctx, func(tx pgx.Tx) error {
		q, err := resolved(ctx, tx, q)
		if err != nil {
			return err
		}
		read, err := readWanted(ctx, tx, q, wanted{limit: limit})
		for _, f := range read.found {
			names = append(names, f.Name)
		}
		return err
	})
	return names, err
}
