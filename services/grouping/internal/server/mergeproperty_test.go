package server_test

import (
	"context"
	"crypto/md5"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "20"); err != nil { // more are run with -rapid.checks
		panic(err)
	}
	os.Exit(m.Run())
}

// everything is what a project keeps of its issues, each row as text: all that a merge moves or hides, and nothing of
// what is said about it.
var everything = []string{
	`SELECT 'group', id, short_id, type, status, substatus, status_since::text, priority, assignee, title, culprit, message, level,
	        platform, metadata::text, first_seen::text, first_release, active_at::text, coalesce(resolved_at::text, '') FROM groups`,
	`SELECT 'counters', group_id, times_seen, last_seen::text, last_item_id::text, users_seen, hashes FROM group_counters`,
	`SELECT 'counts', group_id, environment, events, users FROM grouping_read.issue_environment_counts`,
	`SELECT 'hash', group_id, hash::text, algorithm FROM group_hashes`,
	`SELECT 'hash counters', 0, hash::text, times_seen, first_seen::text, last_seen::text, last_item_id::text, coalesce(text::text, '')
	 FROM hash_counters`,
	`SELECT 'day', group_id, environment, day::text, hash::text, events, hours::text FROM group_days`,
	`SELECT 'user', group_id, user_key, environment, hash::text, first_day::text, last_day::text FROM group_users`,
	`SELECT 'environment', group_id, environment, hash::text, first_seen::text, first_release FROM group_environments`,
	`SELECT 'event', group_id, item_id::text, seen_time::text, item_time::text, culprit, transaction, platform, dist, span_id, sdk_name, sdk_version
	 FROM grouping_read.events`,
	`SELECT 'event hash', group_id, item_id::text, hash::text FROM grouping_read.event_hashes`,
	`SELECT 'inbox', group_id, reason, added_at::text FROM inbox`,
	`SELECT 'snooze', group_id, until::text, count, times_seen, users_seen FROM snoozes`,
	`SELECT 'resolution', group_id, kind, release FROM resolutions`,
	`SELECT 'bookmark', group_id, user_id FROM bookmarks`,
	`SELECT 'subscription', group_id, user_id, is_active, reason, created_at::text, brought_by IS NULL FROM subscriptions`,
}

// snapshot gives the rows of a project. Groups are told apart by their ids; names stand in their place, if given.
func snapshot(t *rapid.T, pool *pgxpool.Pool, projectID int64, names map[int64]string) []string {
	var all []string
	for _, query := range everything {
		rows, err := pool.Query(context.Background(), query+` WHERE project_id = $1`, projectID)
		if err != nil {
			t.Fatal(err)
		}
		found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
			values, err := row.Values()
			if err == nil {
				if id, ok := values[1].(int64); ok && names[id] != "" {
					values[1] = names[id]
				}
			}
			return fmt.Sprintln(values...), err
		})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	slices.Sort(all)
	return all
}

// A project in which issues are merged, seen and taken apart again, in whatever order, is in the end as its twin, in
// which they were only seen.
func TestUnmergingIsTheInverseOfMerging(t *testing.T) {
	in := newInstallation(t)
	r := in.replica(t)
	pool := in.pool(t)
	r.project(t, nil)
	project := int64(1)
	rapid.Check(t, func(rt *rapid.T) {
		project += 2
		w := &twins{t: rt, r: r, pool: pool, ids: [2]int64{project, project + 1}}
		w.create()
		for part := range rapid.IntRange(2, 5).Draw(rt, "issues") {
			w.parts = append(w.parts, []string{fmt.Sprint("p", part)})
			for extra := range rapid.IntRange(0, 2).Draw(rt, "parts") {
				w.parts[part] = append(w.parts[part], fmt.Sprint("p", part, "-", extra))
			}
			w.see(part, true)
		}
		w.groups = w.groupsOf(w.ids[0])
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0:
				w.merge()
			case 1:
				w.unmerge()
			case 2, 3:
				w.change()
			default:
				w.see(rapid.IntRange(0, len(w.parts)-1).Draw(rt, "issue"), false)
			}
			if wrong, err := wronglyCounted(context.Background(), pool); err != nil || len(wrong) > 0 {
				rt.Fatal(wrong, err)
			}
		}
		for len(w.merges) > 0 {
			w.unmerge()
		}
		names := [2]map[int64]string{{}, {}}
		for i := range names {
			for part, id := range w.groupsOf(w.ids[i]) {
				names[i][id] = fmt.Sprint("issue ", part)
			}
		}
		if diff := cmp.Diff(snapshot(rt, pool, w.ids[1], names[1]), snapshot(rt, pool, w.ids[0], names[0])); diff != "" {
			rt.Error(diff)
		}
	})
}

// twins are two projects that see the same items. Only issues of the first are merged.
type twins struct {
	t      *rapid.T
	r      replica
	pool   *pgxpool.Pool
	ids    [2]int64
	parts  [][]string    // by issue
	groups map[int]int64 // of the first project, by issue
	merges []mergeOf
	into   map[int]int // by issue that is merged: the one that it was merged into
	people int         // that issues were assigned to
}

// mergeOf is a merge of one issue into another.
type mergeOf struct{ child, parent int }

func (w *twins) create() {
	w.into = map[int]int{}
	for _, id := range w.ids {
		_, err := w.r.CreateProject(context.Background(), &groupingv1.CreateProjectRequest{
			OrganizationId: 1, Slug: fmt.Sprint("p", id), ProjectId: &id, Settings: lotsOfIssues(),
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// see sends a few items of an issue; all parts of its fingerprint lead to it from the first on.
func (w *twins) see(part int, first bool) {
	var items []*groupingv1.Item
	for n := range rapid.IntRange(1, 4).Draw(w.t, "items") {
		parts := []string{w.parts[part][rapid.IntRange(0, len(w.parts[part])-1).Draw(w.t, "part")]}
		if first && n == 0 {
			parts = w.parts[part]
		}
		item := occurrence(now.Add(-time.Duration(rapid.IntRange(0, 10*24*60).Draw(w.t, "minutes ago"))*time.Minute), parts...)
		o := item.GetOccurrence()
		o.Type, o.Title = 1, rapid.SampledFrom([]string{"one", "two", "three"}).Draw(w.t, "title")
		o.Event.Environment = rapid.SampledFrom([]string{"prod", "dev"}).Draw(w.t, "environment")
		o.Event.User = &issuesv1.User{Id: rapid.SampledFrom([]string{"", "ann", "bob", "cid"}).Draw(w.t, "user")}
		o.Event.Release = rapid.SampledFrom([]string{"", "1.0", "2.0"}).Draw(w.t, "release")
		for _, text := range []*string{
			&o.Culprit, &o.Event.Transaction, &o.Event.Platform, &o.Event.Dist, &o.Event.SdkName, &o.Event.SdkVersion,
		} {
			*text = rapid.SampledFrom([]string{"", "this", "that"}).Draw(w.t, "said")
		}
		o.Event.SpanId = rapid.SampledFrom([]string{"", "00f067aa0ba902b7"}).Draw(w.t, "span")
		items = append(items, item)
	}
	for _, id := range w.ids {
		req := &groupingv1.AssignGroupsRequest{}
		for _, item := range items {
			item = proto.CloneOf(item)
			item.ProjectId = id
			req.Items = append(req.Items, item)
		}
		resp, err := w.r.AssignGroups(context.Background(), req)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, result := range resp.GetResults() {
			if result.GetJudgement().GetGroupId() == 0 {
				w.t.Fatal(result)
			}
		}
	}
}

// change has somebody do something to an issue that is not merged, in both projects.
func (w *twins) change() {
	part := rapid.IntRange(0, len(w.parts)-1).Draw(w.t, "changed")
	if _, merged := w.into[part]; merged {
		return
	}
	who := rapid.SampledFrom([]string{"user:ann", "user:bob", "user:cid"}).Draw(w.t, "who")
	path, issue := rapid.SampledFrom([]string{"is_subscribed", "is_bookmarked", "assignee"}).Draw(w.t, "what"), &issuesv1.Issue{}
	if rapid.Bool().Draw(w.t, "whether") {
		w.people++ // nobody twice: who is assigned again changes nothing
		issue.IsSubscribed, issue.IsBookmarked, issue.Assignee = true, true, fmt.Sprint("user:", w.people)
	}
	for i, id := range w.ids {
		group := w.groups[part]
		if i == 1 {
			group = w.groupsOf(id)[part]
		}
		ctx := metadata.AppendToOutgoingContext(context.Background(), "picket-actor", who)
		resp, err := w.r.UpdateGroups(ctx, &groupingv1.UpdateGroupsRequest{
			Selections: []*groupingv1.GroupSelection{{ProjectId: id, GroupIds: []int64{group}}}, Issue: issue, UpdateMask: mask(path),
		})
		if err != nil || resp.GetResults()[0].GetError() != nil {
			w.t.Fatal(resp, err)
		}
	}
}

func hashRaw(part string) []byte {
	sum := md5.Sum([]byte(part))
	return sum[:]
}

const selectGroupOf = `SELECT group_id FROM group_hashes WHERE project_id = $1 AND hash = $2`

// groupsOf gives the group to which each issue's hashes lead now.
func (w *twins) groupsOf(projectID int64) map[int]int64 {
	groups := map[int]int64{}
	for part, parts := range w.parts {
		var id int64
		if err := w.pool.QueryRow(context.Background(), selectGroupOf, projectID, hashRaw(parts[0])).Scan(&id); err != nil {
			w.t.Fatal(err)
		}
		groups[part] = id
	}
	return groups
}

func (w *twins) merge() {
	var open []int
	for part := range w.parts {
		if _, merged := w.into[part]; !merged {
			open = append(open, part)
		}
	}
	if len(open) < 2 {
		return
	}
	chosen := rapid.Permutation(open).Draw(w.t, "merged")[:rapid.IntRange(2, len(open)).Draw(w.t, "how many")]
	selection := &groupingv1.GroupSelection{ProjectId: w.ids[0]}
	for _, part := range chosen {
		selection.GroupIds = append(selection.GroupIds, w.groups[part])
	}
	resp, err := w.r.MergeGroups(context.Background(), &groupingv1.MergeGroupsRequest{Selection: selection})
	if err != nil {
		w.t.Fatal(err)
	}
	parent := chosen[slices.IndexFunc(chosen, func(part int) bool { return w.groups[part] == resp.GetGroupId() })]
	for _, part := range chosen {
		if part != parent {
			w.merges = append(w.merges, mergeOf{part, parent})
			w.into[part] = parent
		}
	}
}

// below are an issue and those that were merged into it.
func (w *twins) below(part int) []int {
	all := []int{part}
	for child, parent := range w.into {
		if parent == part {
			all = append(all, w.below(child)...)
		}
	}
	return all
}

// unmerge undoes any merge that is left.
func (w *twins) unmerge() {
	if len(w.merges) == 0 {
		return
	}
	n := rapid.IntRange(0, len(w.merges)-1).Draw(w.t, "undone")
	m := w.merges[n]
	root := m.parent
	for {
		parent, merged := w.into[root]
		if !merged {
			break
		}
		root = parent
	}
	delete(w.into, m.child)
	w.merges = slices.Delete(w.merges, n, n+1)
	req := &groupingv1.UnmergeHashesRequest{ProjectId: w.ids[0], GroupId: w.groups[root]}
	for _, part := range w.below(m.child) {
		for _, text := range w.parts[part] {
			req.Hashes = append(req.Hashes, hashText(text))
		}
	}
	resp, err := w.r.UnmergeHashes(context.Background(), req)
	if err != nil {
		w.t.Fatal(err)
	}
	if resp.GetGroupId() != w.groups[m.child] {
		w.t.Fatalf("unmerging woke %d, want %d", resp.GetGroupId(), w.groups[m.child])
	}
}
