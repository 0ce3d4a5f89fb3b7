package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

const claimErasures = `UPDATE erasure_position SET asked_at = $1 WHERE asked_at <= $2 RETURNING page_token`

// ClaimErasures gives the page from which erasures are to be followed now. ok is false when some replica has asked
// since the given time.
func (s *Store) ClaimErasures(ctx context.Context, now, since time.Time) (page string, ok bool, err error) {
	err = s.pool.QueryRow(ctx, claimErasures, now, since).Scan(&page)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	return page, err == nil, translate(err)
}

const passErasures = `UPDATE erasure_position SET page_token = $2, asked_at = $3 WHERE page_token = $1`

// PassErasures says that what is listed before a page is erased. ok is false when another replica has gone on from
// the same place.
func (s *Store) PassErasures(ctx context.Context, from, page string, now time.Time) (ok bool, err error) {
	tag, err := s.pool.Exec(ctx, passErasures, from, page, now)
	return tag.RowsAffected() > 0, translate(err)
}
