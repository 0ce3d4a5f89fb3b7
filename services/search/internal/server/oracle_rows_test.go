package server_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/search/internal/storetest"
)

// oracleIssue is an issue as the oracle keeps it.
type oracleIssue struct {
	project, id  int64
	kind         int32
	status       issue.Status
	substatus    issue.Substatus
	priority     issue.Priority
	assignee     string
	message      string
	firstSeen    time.Time
	firstRelease string
	inbox        *issue.InboxReason
	inboxAdded   time.Time
	first        map[string]string       // what the first event said and those after it do not repeat; nil: they say all
	environments map[string]*oracleEvent // the first event in each
	events       []*oracleEvent
	oracleRelations
}

// oracleEvent is an event as the oracle keeps it. texts are by the name of the field that asks for them.
type oracleEvent struct {
	item, id       uuid.UUID
	kind           int
	seen, received time.Time
	level          issue.Level
	trace          *uuid.UUID
	texts          map[string]string
	tags           map[string]string
	measured       map[string]float64
	lists          map[string][]string
	unhandled      bool
	onMain         *bool
	stack          *oracleStack
	stackNumber    int
}

func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// The words from which rows and queries are made. Queries have some that no row has.
var (
	words = map[string][]string{
		"title":         {"TypeError: x is undefined", "Connection refused", "50% off_", "Größe fehlt", ""},
		"message":       {"x is undefined", "refused by 10.0.0.1", "a_b%c\\d", "two\nlines", "größe", ""},
		"culprit":       {"main.run", "web/views in list", ""},
		"transaction":   {"/checkout", "/checkout/*", "GET /a b", ""},
		"platform.name": {"go", "python", "javascript", ""},
		"environment":   {"prod", "dev", "staging", "", ""},
		"release":       {"1.0", "1.1", "dev", "app@1.10.0-rc.1", "web@1.9.0+7", "app@2.0", ""},
		"sentry:dist":   {"1", "2", ""},
		"sdk.name":      {"sentry.go", "sentry.python"},
		"sdk.version":   {"1.0", "1.10"},
		"trace.span":    {"00f067aa0ba902b7", "b7ad6b7169203331", ""},
		"user.id":       {"1", "2", "3", "", ""},
		"user.email":    {"one@example.com", "Two@example.com", "", ""},
		"user.username": {"one", ""},
		"user.ip":       {"10.0.0.1", ""},
	}
	tagWords = map[string][]string{
		"browser": {"Chrome", "Firefox", "Chrome Mobile", ""}, "shop": {"50% off_", "x*y", ""}, "platform": {"tagged", ""},
		"level": {"error", ""}, "customer": {"1", "2", "3", "4", "5", "6", "7", "8", "9"},
		"url": {"https://shop/a", "https://shop/B", ""}, "device.class": {"1", "2", "3", ""},
	}
	oracleTraces = []uuid.UUID{{1}, {2}, {3}}
	oracleLevels = []issue.Level{issue.NoLevel, issue.Sample, issue.Debug, issue.Info, issue.Warning, issue.ErrorLevel, issue.Fatal}
)

// firstTexts are the fields that events leave out where the first one of their issue said the same.
var firstTexts = []string{"culprit", "transaction", "platform.name", "sentry:dist", "sdk.name", "sdk.version"}

// oracleRows makes issues and events whose times, texts and people often coincide.
func oracleRows(r *rand.Rand, number int, stacks map[int64][]*oracleStack) []*oracleIssue {
	issues := make([]*oracleIssue, 0, number)
	for _, n := range r.Perm(number) {
		i := &oracleIssue{
			project: pick[int64](r, 1, 1, 2, 2, 3), id: int64(n + 1), kind: pick[int32](r, 1, 1, 1, 1001, 4001, 4002, 6001, 7001),
			status: pick(r, issue.Unresolved, issue.Unresolved, issue.Resolved, issue.Ignored, issue.Reprocessing,
				issue.PendingDeletion, issue.DeletionInProgress, issue.PendingMerge),
			substatus: issue.Substatus(r.IntN(8)), priority: pick(r, issue.NoPriority, issue.Low, issue.Medium, issue.High),
			assignee: pick(r, "", "", "user:1", "user:2", "team:1"), message: pick(r, words["message"]...),
			firstSeen: moment(r), firstRelease: pick(r, words["release"]...), environments: map[string]*oracleEvent{}, oracleRelations: oracleRelationsRow(r),
		}
		if r.IntN(3) > 0 {
			i.first = map[string]string{}
			for _, name := range firstTexts {
				i.first[name] = pick(r, words[name]...)
			}
		}
		if r.IntN(2) == 0 {
			reason := pick(r, issue.InboxNew, issue.InboxRegression)
			i.inbox, i.inboxAdded = &reason, moment(r)
		}
		for range r.IntN(4) * r.IntN(6) {
			e := oracleEventRow(r)
			e.furnish(r, stacks[i.project])
			i.add(e)
		}
		issues = append(issues, i)
	}
	return issues
}

func (i *oracleIssue) add(e *oracleEvent) {
	if i.events = append(i.events, e); len(i.events) == 1 || e.seen.Before(i.firstSeen) {
		i.firstSeen = e.seen
	}
	name := e.texts["environment"]
	if first := i.environments[name]; name != "" && (first == nil || e.seen.Before(first.seen)) {
		i.environments[name] = e
	}
}

func oracleEventRow(r *rand.Rand) *oracleEvent {
	e := &oracleEvent{
		item: randomID(r), id: randomID(r), kind: 1 + r.IntN(2), seen: moment(r), received: moment(r),
		level: pick(r, oracleLevels...), texts: map[string]string{}, tags: map[string]string{},
	}
	if r.IntN(2) == 0 {
		e.trace = &oracleTraces[r.IntN(len(oracleTraces))]
	}
	for _, name := range slices.Sorted(maps.Keys(words)) {
		e.texts[name] = pick(r, words[name]...)
	}
	for _, name := range slices.Sorted(maps.Keys(tagWords)) {
		if value := pick(r, tagWords[name]...); value != "" {
			e.tags[name] = value
		}
	}
	return e
}

func randomID(r *rand.Rand) (id uuid.UUID) {
	for i := range id {
		id[i] = byte(r.Uint32())
	}
	return id
}

// moment is mostly one of a few times of the last hours and days, and some microseconds beside them.
func moment(r *rand.Rand) time.Time {
	before := pick(r, time.Duration(r.IntN(5))*time.Hour, time.Duration(r.IntN(100))*day, time.Duration(r.Int64N(int64(10*day))), -time.Minute)
	return now.Add(-before).Add(time.Duration(r.IntN(3)-1) * time.Microsecond).Truncate(time.Microsecond)
}

func storeOracle(t *testing.T, seed *storetest.Seed, issues []*oracleIssue) {
	t.Helper()
	seed.Project(t, 1, 1, "backend")
	seed.Project(t, 1, 2, "web-shop")
	seed.Project(t, 2, 3, "elsewhere")
	var groups, counters, inbox, environments, events [][]any
	names := map[[2]any]time.Time{}
	for _, i := range issues {
		groups = append(groups, []any{
			i.project, i.id, i.id, i.kind, i.status, i.substatus, i.priority, i.assignee, fmt.Sprintf("Title %d", i.id), "", i.message,
			issue.ErrorLevel, "go", "{}", i.firstSeen, i.firstRelease, i.firstSeen, now,
		})
		groups[len(groups)-1] = append(groups[len(groups)-1], i.firstRow()...)
		last := now.Add(-1000 * day)
		for _, e := range i.events {
			events = append(events, e.row(t, i))
			if e.seen.After(last) {
				last = e.seen
			}
		}
		counters = append(counters, []any{i.project, i.id, len(i.events), last, uuid.Nil})
		if i.inbox != nil {
			inbox = append(inbox, []any{i.project, i.id, *i.inbox, i.inboxAdded})
		}
		for name, first := range i.environments {
			environments = append(environments, []any{i.project, i.id, name, first.seen, first.texts["release"]})
			names[[2]any{i.project, name}] = first.seen
		}
	}
	for _, name := range words["environment"][:3] {
		names[[2]any{int64(1), name}] = now
	}
	known := [][]any{}
	for key, first := range names {
		known = append(known, []any{key[0], key[1], first})
	}
	seed.Copy(t, "groups", `project_id id short_id type status substatus priority assignee title culprit message level platform metadata
		first_seen first_release active_at created_at first_hash first_culprit first_transaction first_platform first_dist first_sdk_name
		first_sdk_version`, groups)
	seed.Copy(t, "group_counters", "project_id group_id times_seen last_seen last_item_id", counters)
	seed.Copy(t, "inbox", "project_id group_id reason added_at", inbox)
	seed.Copy(t, "group_environments", "project_id group_id environment first_seen first_release", environments)
	seed.Copy(t, "environments", "project_id name first_seen", known)
	defer func() { seed.Counted(t); seed.Uncounted(t, 5) }()
	storePeople(t, seed, issues)
	seed.Copy(t, "event_index", `project_id group_id seen_time kind item_id item_time received_at event_id hash level trace_id tags
		title message culprit transaction platform environment release dist user_id user_email user_name user_ip span_id span sdk_name sdk_version`+furtherColumns, events)
}

var oneHash = []byte{1}

func (i *oracleIssue) firstRow() []any {
	row := make([]any, 1+len(firstTexts))
	if i.first == nil {
		return row
	}
	row[0] = oneHash
	for n, name := range firstTexts {
		row[n+1] = i.first[name]
	}
	return row
}

// spanColumns has a span id as it is, as a version before stored it, or its bytes.
func spanColumns(t *testing.T, e *oracleEvent) []any {
	t.Helper()
	text := e.texts["trace.span"]
	if e.kind == 1 {
		return []any{text, nil}
	}
	span, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	if len(span) == 0 {
		span = nil
	}
	return []any{nil, span}
}

func (e *oracleEvent) row(t *testing.T, i *oracleIssue) []any {
	t.Helper()
	tags, err := json.Marshal(e.tags)
	if err != nil {
		t.Fatal(err)
	}
	hash := e.item[:1]
	if i.id%2 == 0 { // it has one
		if hash = oneHash; i.first != nil {
			hash = nil
		}
	}
	itemTime := &e.seen
	if e.kind == 2 {
		itemTime = nil // the seen time
	}
	row := []any{i.project, i.id, e.seen, e.kind, e.item, itemTime, e.received, e.id, hash, e.level, e.trace, tags}
	for _, name := range []string{
		"title", "message", "culprit", "transaction", "platform.name", "environment", "release", "sentry:dist", "user.id",
		"user.email", "user.username", "user.ip", "trace.span", "sdk.name", "sdk.version",
	} {
		text, said := e.texts[name]
		first, left := i.first[name]
		switch {
		case !said:
			t.Fatal(name)
		case name == "trace.span":
			row = append(row, spanColumns(t, e)...)
		case left && first == text:
			row = append(row, nil)
		default:
			row = append(row, text)
		}
	}
	return append(row, e.furtherRow(t)...)
}
