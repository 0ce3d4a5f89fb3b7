package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

// TagQuery says of which events tags are listed.
type TagQuery struct {
	Scope   search.Scope
	IssueID int64 // 0 for all issues
	Window  search.Window
}

// eventsOf is a relation of the events e with its WHERE.
func (b *builder) eventsOf(q TagQuery) string {
	sql := "events e\nWHERE e.project_id = ANY(" + b.arg(q.Scope.ProjectIDs()) + ")" +
		" AND e.seen_time >= " + b.arg(q.Window.Start) + " AND e.seen_time < " + b.arg(q.Window.End)
	if q.IssueID != 0 {
		sql += " AND e.group_id = " + b.arg(q.IssueID)
	}
	return sql
}

// TagKeys lists up to limit keys by name after one.
func (s *Store) TagKeys(ctx context.Context, q TagQuery, after string, limit int) (keys []search.TagKey, err error) {
	err = s.ofIssue(ctx, &q, func(tx pgx.Tx) error {
		b := &builder{}
		sql := "SELECT key, count(*), count(DISTINCT value) FROM (\nSELECT (jsonb_each_text(e.tags)).* FROM " + b.eventsOf(q) +
			"\n) t\nWHERE key > " + b.arg(after) + " GROUP BY key ORDER BY key LIMIT " + b.arg(limit)
		keys, err = collect(ctx, tx, statement{sql, b.args}, pgx.RowToStructByPos[search.TagKey])
		return err
	})
	return keys, err
}

// TagValues lists up to limit values of a key, most frequent first, after one (nil for the first), and counts the
// events that have the key.
func (s *Store) TagValues(ctx context.Context, q TagQuery, key string, after *search.TagValue, limit int) (values []search.TagValue, total int64, err error) {
	err = s.ofIssue(ctx, &q, func(tx pgx.Tx) error {
		b := &builder{}
		value := "e.tags ->> " + b.arg(key)
		grouped := "SELECT " + value + " AS value, count(*) AS events, min(e.seen_time), max(e.seen_time), sum(count(*)) OVER ()::bigint AS total FROM " +
			b.eventsOf(q) + " AND " + value + " IS NOT NULL GROUP BY 1"
		sql := "SELECT * FROM (\n" + grouped + "\n) counted"
		if after != nil {
			sql += "\nWHERE events < " + b.arg(after.Events) + " OR events = " + b.arg(after.Events) + " AND value > " + b.arg(after.Value)
		}
		sql += "\nORDER BY events DESC, value LIMIT " + b.arg(limit)
		values, err = collect(ctx, tx, statement{sql, b.args}, func(r pgx.CollectableRow) (v search.TagValue, err error) {
			return v, r.Scan(&v.Value, &v.Events, &v.FirstSeen, &v.LastSeen, &total)
		})
		return err
	})
	return values, total, err
}

// ofIssue narrows the projects to that of the issue that a query names, which must exist.
func (s *Store) ofIssue(ctx context.Context, q *TagQuery, read func(tx pgx.Tx) error) error {
	return s.inSnapshot(ctx, func(tx pgx.Tx) (err error) {
		if q.IssueID != 0 {
			if q.Scope, err = narrowTo(ctx, tx, q.Scope, q.IssueID); err != nil {
				return err
			}
		}
		return read(tx)
	})
}
