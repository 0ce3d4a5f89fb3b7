package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

const selectIssue = `
SELECT g.project_id, g.id
FROM issues g
WHERE g.project_id = ANY($1) AND g.id = $2 AND g.status NOT IN (3, 4, 5)`

const selectIssueByShortID = `
SELECT g.project_id, g.id
FROM issues g
WHERE g.project_id = $1 AND g.short_id = $2 AND g.status NOT IN (3, 4, 5)`

// An issue that was merged leads to the one that has its hashes now.
const selectIssueOfMerged = `
SELECT g.project_id, g.id
FROM issue_redirects r
JOIN issues g ON g.project_id = r.project_id AND g.id = r.leads_to
WHERE r.project_id = ANY($1) AND r.group_id = $2 AND g.status NOT IN (3, 4, 5)`

const selectIssueOfMergedShortID = `
SELECT g.project_id, g.id
FROM issue_redirects r
JOIN issues g ON g.project_id = r.project_id AND g.id = r.leads_to
WHERE r.project_id = $1 AND r.short_id = $2 AND g.status NOT IN (3, 4, 5)`

// An event that is in several issues, as one that has occurrences is, names the one in which it was seen last.
const selectIssueByEvent = `
SELECT g.project_id, g.id
FROM events e
JOIN issues g ON g.project_id = e.project_id AND g.id = e.group_id
WHERE e.project_id = ANY($1) AND e.event_id = $2 AND g.status NOT IN (3, 4, 5)
ORDER BY e.seen_time DESC, g.id DESC
LIMIT 1`

const selectIssueByShare = `
SELECT g.project_id, g.id
FROM issue_shares s
JOIN issues g ON g.project_id = s.project_id AND g.id = s.group_id
WHERE s.project_id = ANY($1) AND s.share_id = $2 AND g.status NOT IN (3, 4, 5)`

const selectLatestEvent = `
SELECT ` + eventColumns + `
FROM events e
WHERE e.project_id = $1 AND e.group_id = $2
ORDER BY e.seen_time DESC, e.kind DESC, e.item_id DESC
LIMIT 1`

// Found is one issue with its latest event, which is nil when retention has taken all of them.
type Found struct {
	Issue  search.Issue
	Latest *search.Event
}

// IssueByID reads an issue of one of the projects; nil when there is none.
func (s *Store) IssueByID(ctx context.Context, scope search.Scope, id int64) (*Found, error) {
	found, err := s.issue(ctx, scope, selectIssue, scope.ProjectIDs(), id)
	if found == nil && err == nil {
		return s.issue(ctx, scope, selectIssueOfMerged, scope.ProjectIDs(), id)
	}
	return found, err
}

// IssueByShortID reads the issue that has a number in a project; nil when there is none.
func (s *Store) IssueByShortID(ctx context.Context, scope search.Scope, projectID, number int64) (*Found, error) {
	found, err := s.issue(ctx, scope, selectIssueByShortID, projectID, number)
	if found == nil && err == nil {
		return s.issue(ctx, scope, selectIssueOfMergedShortID, projectID, number)
	}
	return found, err
}

// IssueByEvent reads the issue in which an event is; nil when there is none.
func (s *Store) IssueByEvent(ctx context.Context, scope search.Scope, eventID [16]byte) (*Found, error) {
	return s.issue(ctx, scope, selectIssueByEvent, scope.ProjectIDs(), eventID)
}

// IssueByShare reads the issue that is shared under an id; nil when there is none.
func (s *Store) IssueByShare(ctx context.Context, scope search.Scope, shareID [16]byte) (*Found, error) {
	return s.issue(ctx, scope, selectIssueByShare, scope.ProjectIDs(), shareID)
}

func (s *Store) issue(ctx context.Context, scope search.Scope, sql string, args ...any) (*Found, error) {
	var found Found
	err := s.inSnapshot(ctx, func(tx pgx.Tx) error {
		rows := []search.Row{{}}
		if err := tx.QueryRow(ctx, sql, args...).Scan(&rows[0].Issue.ProjectID, &rows[0].Issue.ID); err != nil {
			return err
		}
		if err := addIssues(ctx, tx, scope, rows); err != nil {
			return err
		}
		found.Issue = rows[0].Issue
		events, err := tx.Query(ctx, selectLatestEvent, found.Issue.ProjectID, found.Issue.ID)
		if err != nil {
			return err
		}
		latest, err := pgx.CollectExactlyOneRow(events, pgx.RowToStructByPos[search.Event])
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		found.Latest = &latest
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &found, nil
}
