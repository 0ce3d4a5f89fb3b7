package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Bodies gives all that is stored of some projects, one after the other.
func Bodies(ctx context.Context, pool *pgxpool.Pool, projects []int64) (string, error) {
	rows, err := pool.Query(ctx, `
		SELECT body FROM payloads WHERE project_id = ANY ($1) AND body <> ''
		UNION ALL SELECT body || tail FROM payload_blocks WHERE project_id = ANY ($1)`, projects)
	if err != nil {
		return "", err
	}
	stored, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	var all string
	for _, compressed := range stored {
		content, err := decompress(compressed)
		if err != nil {
			return "", err
		}
		all += string(content)
	}
	return all, err
}
