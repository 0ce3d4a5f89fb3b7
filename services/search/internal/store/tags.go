package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/search/internal/search"
)

// TagQuery says of which events tags are listed.
type TagQuery struct {
	Scope   search.Scope
	IssueID int64 // 0 for all issues
	Window  search.Window
}

// listedColumns are listed like tags. What a tag of such a name says is not: conditions on it ask for the column. That of
// device classes is kept as a number.
var listedColumns = map[string]string{
	"device.class": "CASE e.tags ->> 'device.class' WHEN '1' THEN 'low' WHEN '2' THEN 'medium' WHEN '3' THEN 'high' ELSE e.tags ->> 'device.class' END",

	"dist": "e.dist", "environment": "e.environment", "level": levelText(), "release": "e.release", "transaction": "e.transaction",
	"user": userIdentity,
}

func levelText() string {
	sql := "CASE e.level"
	for _, level := range levels {
		if level != issue.NoLevel {
			sql += fmt.Sprintf(" WHEN %d THEN '%s'", level, level)
		}
	}
	return sql + " ELSE '' END"
}

// listed is a relation of the keys and values of an event e.
func (b *builder) listed() string {
	names := slices.Sorted(maps.Keys(listedColumns))
	rows := make([]string, len(names))
	for i, name := range names {
		rows[i] = "('" + name + "', " + listedColumns[name] + ")"
	}
	return "(\nSELECT key, value FROM jsonb_each_text(e.tags) t (key, value) WHERE key <> ALL(" + b.arg(names) + ")\nUNION ALL VALUES " +
		strings.Join(rows, ", ") + "\n) t (key, value)"
}

// where takes the events e that a query is about.
func (b *builder) where(q TagQuery) string {
	b.scope = q.Scope
	sql := "e.project_id = ANY(" + b.arg(q.Scope.ProjectIDs()) + ") AND " + b.within(q.Window)
	if q.IssueID != 0 {
		sql += " AND e.group_id = " + b.arg(q.IssueID)
	}
	return sql
}

// TagKeys lists up to limit keys by name after one.
func (s *Store) TagKeys(ctx context.Context, q TagQuery, after string, limit int) (keys []search.TagKey, err error) {
	err = s.ofIssue(ctx, &q, func(tx pgx.Tx) error {
		b := &builder{}
		sql := "SELECT t.key, count(*), count(DISTINCT t.value) FROM events e CROSS JOIN LATERAL " + b.listed() +
			"\nWHERE " + b.where(q) + " AND t.value <> '' AND t.key > " + b.arg(after) + "\nGROUP BY t.key ORDER BY t.key LIMIT " + b.arg(limit)
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
		value, isColumn := listedColumns[key]
		if !isColumn {
			value = "e.tags ->> " + b.arg(key)
		}
		grouped := "SELECT " + value + " AS value, count(*) AS events, min(e.seen_time), max(e.seen_time), sum(count(*)) OVER ()::bigint AS total FROM events e\nWHERE " +
			b.where(q) + " AND " + value + " <> '' GROUP BY 1"
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
			if q.Scope, q.IssueID, err = narrowTo(ctx, tx, q.Scope, q.IssueID); err != nil {
				return err
			}
		}
		return read(tx)
	})
}
