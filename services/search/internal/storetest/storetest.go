// Package storetest fills the tables that searches read, in the place of the grouping service.
package storetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/test/counted"
	"github.com/picket-io/picket/test/testdb"
)

// Now is the time at which tests take place.
var Now = time.Date(2026, time.June, 15, 12, 0, 0, 0, time.UTC)

// Seed writes as the role that owns the tables.
type Seed struct{ pool *pgxpool.Pool }

// New begins with empty tables that take events of any time.
func New(t *testing.T, db *testdb.Database) *Seed {
	t.Helper()
	s := &Seed{pool: db.Pool(t, provision.Grouping)}
	s.exec(t, `CREATE TABLE event_index_all PARTITION OF event_index FOR VALUES FROM (MINVALUE) TO (MAXVALUE)`)
	s.exec(t, `CREATE TABLE group_days_all PARTITION OF group_days FOR VALUES FROM (MINVALUE) TO (MAXVALUE)`)
	return s
}

func (s *Seed) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := s.pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Counted counts the events of groups, of all where none is named, as grouping does when it stores them. An issue was
// first seen with the first of them.
func (s *Seed) Counted(t *testing.T, groups ...int64) {
	t.Helper()
	s.exec(t, counted.SQL, groups)
}

// Uncounted stores that what is said of a share of all issues in their environments was true at other times.
func (s *Seed) Uncounted(t *testing.T, oneIn int) {
	t.Helper()
	s.exec(t, `
UPDATE group_counters SET environments = '{"prod": [99, 99], "dev": [99, 99]}', environments_at = times_seen - 1 WHERE group_id % $1 = 0`, oneIn)
}

// Copy stores rows of a table, whose columns are separated by spaces.
func (s *Seed) Copy(t *testing.T, table, columns string, rows [][]any) {
	t.Helper()
	if _, err := s.pool.CopyFrom(t.Context(), pgx.Identifier{table}, strings.Fields(columns), pgx.CopyFromRows(rows)); err != nil {
		t.Fatalf("%s: %v", table, err)
	}
}

// Organization stores an organization, unless it is there.
func (s *Seed) Organization(t *testing.T, id int64) {
	t.Helper()
	s.exec(t, `INSERT INTO organizations (id, slug, name) VALUES ($1, $2, $2) ON CONFLICT DO NOTHING`, id, fmt.Sprintf("org-%d", id))
}

// Project stores a project and its organization.
func (s *Seed) Project(t *testing.T, organization, id int64, slug string) {
	t.Helper()
	s.Organization(t, organization)
	s.exec(t, `INSERT INTO projects (id, organization_id, slug, name) VALUES ($1, $2, $3, $3)`, id, organization, slug)
}

// Group is an issue to be stored. Its short id is its id. What is zero gets the value of an ordinary new error.
type Group struct {
	Project      int64
	ID           int64
	Kind         int32
	Status       issue.Status
	Substatus    issue.Substatus
	Priority     issue.Priority
	Assignee     string
	FirstSeen    time.Duration // before now
	FirstRelease string
	Inbox        *issue.InboxReason
	InboxAdded   time.Duration // before now
}

// Group stores an issue.
func (s *Seed) Group(t *testing.T, g Group) {
	t.Helper()
	args := pgx.NamedArgs{
		"project": cmp.Or(g.Project, 1), "id": g.ID, "type": cmp.Or(g.Kind, 1), "status": g.Status, "substatus": g.Substatus,
		"priority": g.Priority, "assignee": g.Assignee, "title": fmt.Sprintf("Title %d", g.ID),
		"first_seen": Now.Add(-cmp.Or(g.FirstSeen, time.Hour)), "first_release": g.FirstRelease, "now": Now,
	}
	s.exec(t, `
INSERT INTO groups (project_id, id, short_id, type, status, substatus, priority, assignee, title, culprit, message, level,
                    platform, metadata, first_seen, first_release, active_at, created_at)
VALUES (@project, @id, @id, @type, @status, @substatus, @priority, @assignee, @title, 'culprit', 'the group''s text', 40,
        'go', '{"value": "v"}', @first_seen, @first_release, @first_seen, @now)`, args)
	s.exec(t, `
INSERT INTO group_counters (project_id, group_id, times_seen, last_seen, last_item_id)
VALUES (@project, @id, 7, '2001-01-01', gen_random_uuid())`, args) // until there are events
	if g.Inbox != nil {
		s.exec(t, `INSERT INTO inbox (project_id, group_id, reason, added_at) VALUES ($1, $2, $3, $4)`,
			cmp.Or(g.Project, 1), g.ID, *g.Inbox, Now.Add(-g.InboxAdded))
	}
}

// Many stores issues of project 1 with a number of events each, three minutes from one to the next. Of each event number n, tag
// `number` is n, tag `parity` n % 2, the release n / 10, the user u-n, and the id and the trace id end in n.
func (s *Seed) Many(t *testing.T, issues, events int) {
	t.Helper()
	s.exec(t, `
WITH made AS (
    INSERT INTO groups (project_id, id, short_id, type, status, substatus, priority, assignee, title, culprit, message, level,
                        platform, metadata, first_seen, first_release, active_at, created_at)
    SELECT 1, n, n, 1, 0, 3, 50, '', 'Title ' || n, 'culprit', '', 40, 'go', '{}', $2, '', $2, $2 FROM generate_series(1, $1::int) n
)
INSERT INTO group_counters (project_id, group_id, times_seen, last_seen, last_item_id)
SELECT 1, n, 10, $2, gen_random_uuid() FROM generate_series(1, $1::int) n`, issues, Now)
	s.exec(t, `
INSERT INTO event_index (project_id, group_id, seen_time, kind, item_id, item_time, received_at, event_id, hash, title, message, culprit,
                         transaction, level, platform, environment, release, dist, user_id, user_email, user_name, user_ip,
                         trace_id, span_id, sdk_name, sdk_version, tags)
SELECT 1, 1 + n % $1, seen, 2, gen_random_uuid(), seen, seen, lpad(n::text, 32, '0')::uuid, '', 'Event title', 'said ' || n, 'culprit',
       '/checkout', 40, 'go', 'prod', (n / 10)::text, '', 'u-' || n, '', '', '',
       lpad(n::text, 32, 'f')::uuid, '00f067aa0ba902b7', 'sentry.go', '1.0', jsonb_build_object('number', n::text, 'parity', (n % 2)::text)
FROM generate_series(1, $3::int) n, LATERAL (SELECT $2::timestamptz - n * interval '3 minutes') s (seen)`, issues, Now, issues*events)
	s.Counted(t)
	s.exec(t, `VACUUM (ANALYZE) event_index, groups, group_counters, group_users, group_days`) // also of entries that wait for their place in the index of tags
}

// Status gives an issue another status.
func (s *Seed) Status(t *testing.T, project, group int64, status issue.Status) {
	t.Helper()
	s.exec(t, `UPDATE groups SET status = $3 WHERE project_id = $1 AND id = $2`, project, group, status)
}

// LockPriority stores that people gave an issue its priority.
func (s *Seed) LockPriority(t *testing.T, project, group int64) {
	t.Helper()
	s.exec(t, `UPDATE groups SET priority_locked_at = $3 WHERE project_id = $1 AND id = $2`, project, group, Now)
}

// Hash stores a hash, in hexadecimal digits, of an issue.
func (s *Seed) Hash(t *testing.T, project, group int64, hash string) {
	t.Helper()
	s.exec(t, `INSERT INTO group_hashes (project_id, hash, group_id) VALUES ($1, decode($2, 'hex'), $3)`, project, hash, group)
}

// Merged stores that an issue went into another.
func (s *Seed) Merged(t *testing.T, project, group, into int64) {
	t.Helper()
	s.exec(t, `
INSERT INTO moves (project_id, kind, source_id, destination_id, leads_to, status, substatus, step, created_at)
VALUES ($1, 1, $2, $3, $3, 0, 3, 5, $4)`, project, group, into, Now)
}

// Tombstone stores what is left of a discarded issue.
func (s *Seed) Tombstone(t *testing.T, project int64, title string) {
	t.Helper()
	s.exec(t, `
INSERT INTO tombstones (project_id, group_id, type, title, culprit, message, level, actor, created_at)
SELECT $1, count(*) + 1, 1, $2, '', '', 40, 'user:1', $3 FROM tombstones`, project, title, Now)
}

// Event is an event to be indexed. What is zero gets the value of an ordinary error.
type Event struct {
	Project     int64
	Group       int64
	ID          string        // 32 hexadecimal digits; a random one when empty
	Ago         time.Duration // before now
	Kind        int           // 1 occurrence, 2 error event
	Environment string
	Release     string
	Level       issue.Level
	Message     string
	User        string // id
	Email       string
	Trace       string
	Span        string
	Hash        string // hexadecimal digits
	Tags        map[string]string
	Fields      map[string]any // by their names in queries
	ErrorTypes  []string
	Unhandled   bool
	Functions   []string // of the frames
}

// Event stores an event, and what its environment keeps of it.
func (s *Seed) Event(t *testing.T, e Event) {
	t.Helper()
	tags, err := json.Marshal(e.Tags)
	if err != nil {
		t.Fatal(err)
	}
	if e.Tags == nil {
		tags = []byte("{}")
	}
	fields, err := json.Marshal(e.Fields)
	if err != nil {
		t.Fatal(err)
	}
	seen := Now.Add(-e.Ago)
	if len(e.Functions) > 0 {
		s.exec(t, `
INSERT INTO stacks (project_id, digest, last_day, abs_paths, filenames, functions, modules, packages, lines, columns, levels, in_app, not_in_app)
VALUES ($1, md5($2::text[]::text)::uuid, $3, '{}', '{}', $2, '{}', '{}', '{}', '{}', '{0}', true, false) ON CONFLICT DO NOTHING`,
			cmp.Or(e.Project, 1), e.Functions, seen)
	}
	s.exec(t, `
INSERT INTO event_index (project_id, group_id, seen_time, kind, item_id, item_time, received_at, event_id, hash, title,
                         message, culprit, transaction, level, platform, environment, release, dist, user_id, user_email,
                         user_name, user_ip, trace_id, span_id, sdk_name, sdk_version, tags,
                         fields, error_types, unhandled, stack)
VALUES (@project, @group, @seen, @kind, gen_random_uuid(), @seen, @seen, coalesce(nullif(@id, '')::uuid, gen_random_uuid()),
        decode(@hash, 'hex'), 'Event title', @message, 'culprit', '/checkout', @level, 'go', @environment, @release, '', @user, @email,
        '', '', nullif(@trace, '')::uuid, @span, 'sentry.go', '1.0', @tags::jsonb,
        nullif(@fields::jsonb, 'null'), @types::text[], nullif(@unhandled, false),
        CASE WHEN @functions::text[] <> '{}' THEN md5(@functions::text[]::text)::uuid END)`, pgx.NamedArgs{
		"project": cmp.Or(e.Project, 1), "group": e.Group, "seen": seen, "kind": cmp.Or(e.Kind, 2), "id": e.ID,
		"message": e.Message, "level": cmp.Or(e.Level, issue.ErrorLevel), "environment": e.Environment, "release": e.Release,
		"user": e.User, "email": e.Email, "trace": e.Trace, "span": e.Span, "hash": e.Hash, "tags": string(tags),
		"fields": string(fields), "types": e.ErrorTypes, "unhandled": e.Unhandled, "functions": e.Functions,
	})
	s.Counted(t, e.Group)
	if e.Environment != "" {
		s.exec(t, `INSERT INTO environments (project_id, name, first_seen) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			cmp.Or(e.Project, 1), e.Environment, seen)
		s.exec(t, `
WITH known AS (
    UPDATE group_environments SET first_seen = least(first_seen, $4) WHERE project_id = $1 AND group_id = $2 AND environment = $3
    RETURNING environment
)
INSERT INTO group_environments (project_id, group_id, environment, first_seen, first_release)
SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT FROM known)`,
			cmp.Or(e.Project, 1), e.Group, e.Environment, seen, e.Release)
	}
}
