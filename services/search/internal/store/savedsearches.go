package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/search/internal/search"
)

// SavedSearches keeps what people save, in search's own schema.
type SavedSearches struct{ writer *pgxpool.Pool }

// NewSavedSearches makes a store over a pool of the service's own role.
func NewSavedSearches(writer *pgxpool.Pool) *SavedSearches { return &SavedSearches{writer: writer} }

const savedSearchColumns = `s.organization_id, s.id, s.name, s.query, s.sort, s.visibility, s.owner, s.created_at,
       EXISTS (SELECT FROM saved_search_pins p WHERE p.organization_id = s.organization_id AND p.saved_search_id = s.id AND p.actor = $2)`

// visible are the saved searches of organization $1 that actor $2 sees.
const visible = `
FROM saved_searches s
WHERE s.organization_id = $1 AND (s.visibility = 2 OR s.owner = $2)`

const insertSavedSearch = `
INSERT INTO saved_searches (organization_id, name, query, sort, visibility, owner, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id`

// Create stores a saved search and gives its id.
func (s *SavedSearches) Create(ctx context.Context, saved search.SavedSearch) (id int64, err error) {
	err = s.writer.QueryRow(ctx, insertSavedSearch, saved.OrganizationID, saved.Name, saved.Query, saved.Sort, saved.Visibility,
		saved.Owner, saved.CreatedAt).Scan(&id)
	return id, translateSaved(ctx, err, saved)
}

const selectSavedSearches = `SELECT ` + savedSearchColumns + visible + ` AND (s.name, s.id) > ($3, $4)
ORDER BY s.name, s.id
LIMIT $5`

// List reads up to limit saved searches that the actor sees, by name, after a position; the zero position is the
// beginning.
func (s *SavedSearches) List(ctx context.Context, organizationID int64, actor string, after search.SavedSearchPosition, limit int) ([]search.SavedSearch, error) {
	rows, err := s.writer.Query(ctx, selectSavedSearches, organizationID, actor, after.Name, after.ID, limit)
	if err != nil {
		return nil, translate(ctx, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[search.SavedSearch])
	return found, translate(ctx, err)
}

const selectSavedSearchForUpdate = `SELECT ` + savedSearchColumns + visible + ` AND s.id = $3
FOR UPDATE OF s`

const updateSavedSearch = `
UPDATE saved_searches SET name = $3, query = $4, sort = $5, visibility = $6
WHERE organization_id = $1 AND id = $2`

// Update changes a saved search that the actor sees, and gives it back as it is then.
func (s *SavedSearches) Update(ctx context.Context, organizationID, id int64, actor string, change search.SavedSearchChange) (saved search.SavedSearch, err error) {
	err = postgres.InTx(ctx, s.writer, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectSavedSearchForUpdate, organizationID, actor, id)
		if err != nil {
			return err
		}
		if saved, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[search.SavedSearch]); err != nil {
			return err
		}
		if saved, err = saved.Apply(change, actor); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, updateSavedSearch, organizationID, id, saved.Name, saved.Query, saved.Sort, saved.Visibility)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return saved, fault.Missing("saved search", id)
	}
	return saved, translateSaved(ctx, err, saved)
}

const deleteSavedSearch = `
DELETE FROM saved_searches s WHERE s.organization_id = $1 AND (s.visibility = 2 OR s.owner = $2) AND s.id = $3`

// Delete takes a saved search that the actor sees away, with its pins.
func (s *SavedSearches) Delete(ctx context.Context, organizationID, id int64, actor string) error {
	deleted, err := s.writer.Exec(ctx, deleteSavedSearch, organizationID, actor, id)
	if err == nil && deleted.RowsAffected() == 0 {
		return fault.Missing("saved search", id)
	}
	return translate(ctx, err)
}

const upsertPin = `
INSERT INTO saved_search_pins (organization_id, actor, saved_search_id)
SELECT $1, $2, s.id` + visible + ` AND s.id = $3
ON CONFLICT (organization_id, actor) DO UPDATE SET saved_search_id = excluded.saved_search_id`

// Pin makes a saved search that the actor sees the one pinned by the actor.
func (s *SavedSearches) Pin(ctx context.Context, organizationID, id int64, actor string) error {
	pinned, err := s.writer.Exec(ctx, upsertPin, organizationID, actor, id)
	// The search may be deleted between its being read and the pin's being written.
	if err == nil && pinned.RowsAffected() == 0 || postgres.IsForeignKeyViolation(err) {
		return fault.Missing("saved search", id)
	}
	return translate(ctx, err)
}

// Unpin leaves the actor without a pinned search.
func (s *SavedSearches) Unpin(ctx context.Context, organizationID int64, actor string) error {
	_, err := s.writer.Exec(ctx, `DELETE FROM saved_search_pins WHERE organization_id = $1 AND actor = $2`, organizationID, actor)
	return translate(ctx, err)
}

// translateSaved names the rule that a query is saved once for each who sees it.
func translateSaved(ctx context.Context, err error, saved search.SavedSearch) error {
	if postgres.IsUniqueViolation(err, "saved_searches_own") || postgres.IsUniqueViolation(err, "saved_searches_shared") {
		return fault.Taken("saved search", saved.Query)
	}
	if postgres.IsUnavailable(err) {
		return fault.TryLater(time.Second, err, "the database of saved searches does not answer")
	}
	return translate(ctx, err)
}
