package server_test

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	provision "github.com/picket-io/picket/deploy/postgres"
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

// mishap makes an item of an issue of errors, which may be merged.
func mishap(hoursAgo int, user string, fingerprint ...string) *groupingv1.Item {
	item := sighting(hoursAgo, user, "production", fingerprint...)
	item.GetOccurrence().Type = 1
	return item
}

func hashText(part string) string {
	sum := md5.Sum([]byte(part))
	return hex.EncodeToString(sum[:])
}

func (r replica) merge(t *testing.T, ids ...int64) int64 {
	t.Helper()
	resp, err := r.MergeGroups(as(t, "user:1"), &groupingv1.MergeGroupsRequest{Selection: selections(ids...)[0]})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetGroupId()
}

func (r replica) unmerge(t *testing.T, id int64, parts ...string) int64 {
	t.Helper()
	req := &groupingv1.UnmergeHashesRequest{ProjectId: 1, GroupId: id}
	for _, part := range parts {
		req.Hashes = append(req.Hashes, hashText(part))
	}
	resp, err := r.UnmergeHashes(as(t, "user:1"), req)
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetGroupId()
}

func lotsOfIssues() *groupingv1.ProjectSettings {
	quota := int32(1_000_000)
	return &groupingv1.ProjectSettings{CreationQuotaPerHour: &quota}
}

const numbersOfIssue = `
SELECT short_id, status, substatus, times_seen, users_seen, to_char(first_seen, 'HH24'), to_char(last_seen, 'HH24'), title,
       (SELECT count(*) FROM events e WHERE e.project_id = i.project_id AND e.group_id = i.id),
       (SELECT sum(events) FROM issue_days d WHERE d.project_id = i.project_id AND d.group_id = i.id)
FROM issues i WHERE project_id = 1 AND id = $1`

func TestAMergeIsUndoneByTakingItsHashesOut(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, lotsOfIssues())
	a := r.judge(t, mishap(1, "ann", "a"), mishap(5, "bob", "a"), mishap(4, "ann", "a"))[0].GetGroupId()
	b := r.judge(t, mishap(3, "ann", "b", "b2"), mishap(2, "cid", "b"))[0].GetGroupId()
	r.update(t, &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED, Assignee: "user:7"}, []string{"status", "assignee"}, b)
	if got := r.merge(t, b, a); got != a {
		t.Fatalf("merged into %d, want %d, which was seen most", got, a)
	}
	repeat := mishap(0, "dan", "b2")
	if got := r.judge(t, repeat)[0].GetGroupId(); got != a {
		t.Errorf("an item of a merged hash went to %d", got)
	}
	want := []string{"1 0 7 6 4 07 12 title of b2 6 6"}
	if diff := cmp.Diff(want, in.numbers(t, numbersOfIssue, a)); diff != "" {
		t.Errorf("merged: %s", diff)
	}
	redirects := `SELECT group_id, short_id, leads_to FROM issue_redirects WHERE project_id = 1`
	if diff := cmp.Diff([]string{fmt.Sprint(b, " 2 ", a)}, in.numbers(t, redirects)); diff != "" {
		t.Error(diff)
	}
	for name, err := range map[string]error{
		"merge": callMerge(t, r, a, b), "update": asError(r.update(t, &issuesv1.Issue{}, []string{"assignee"}, b)[0]),
		"delete": asError(r.delete(t, b)[0]),
	} {
		if status.Code(err) != codes.NotFound {
			t.Errorf("%s of a merged issue: %v", name, err)
		}
	}

	if got := r.unmerge(t, a, "b", "b2"); got != b {
		t.Fatalf("unmerging woke %d, want %d", got, b)
	}
	for id, want := range map[int64]string{a: "1 0 7 3 2 07 11 title of a 3 3", b: "2 1 0 3 3 09 12 title of b2 3 3"} {
		if diff := cmp.Diff([]string{want}, in.numbers(t, numbersOfIssue, id)); diff != "" {
			t.Errorf("unmerged: %s", diff)
		}
	}
	activities := `SELECT group_id, type FROM activities WHERE project_id = 1 AND type IN (14, 19, 20) ORDER BY id`
	if diff := cmp.Diff([]string{fmt.Sprint(a, " 14"), fmt.Sprint(a, " 19"), fmt.Sprint(b, " 20")}, in.numbers(t, activities)); diff != "" {
		t.Error(diff)
	}
	if got := r.update(t, &issuesv1.Issue{}, []string{"inbox_reason"}, b)[0].GetIssue(); got.GetAssignee() != "user:7" {
		t.Errorf("the assignee is %q", got.GetAssignee())
	}
	if again := r.judge(t, repeat)[0]; again.GetGroupId() != a || !again.GetRepeated() {
		t.Errorf("an item again answers %v", again)
	}
	if len(in.numbers(t, redirects)) != 0 {
		t.Error("the merge is not forgotten")
	}
}

func callMerge(t *testing.T, r replica, ids ...int64) error {
	t.Helper()
	_, err := r.MergeGroups(as(t, "user:1"), &groupingv1.MergeGroupsRequest{Selection: selections(ids...)[0]})
	return err
}

func asError(result *groupingv1.GroupResult) error { return status.FromProto(result.GetError()).Err() }

func TestHashesThatNoMergeBroughtMakeANewIssue(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, lotsOfIssues())
	a := r.judge(t, mishap(1, "ann", "a", "a2", "a3"), mishap(5, "bob", "a2"), mishap(400, "ann", "a2"), mishap(2, "eve", "a3"))[0].GetGroupId()
	id := r.unmerge(t, a, "a2")
	if diff := cmp.Diff([]string{"4 0 3 2 2 20 07 title of a2 2 2"}, in.numbers(t, numbersOfIssue, id)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"1 0 7 2 2 10 11 title of a 2 2"}, in.numbers(t, numbersOfIssue, a)); diff != "" {
		t.Error(diff)
	}
	for part, want := range map[string]int64{"a": a, "a2": id, "a3": a} {
		if got := r.judge(t, mishap(0, "ann", part))[0].GetGroupId(); got != want {
			t.Errorf("%s leads to %d, want %d", part, got, want)
		}
	}
}

func TestPartOfAMergeThatLeftIsNotMissedWhenTheRestIsUndone(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, lotsOfIssues())
	a := r.judge(t, mishap(1, "ann", "a"), mishap(1, "ann", "a"), mishap(1, "ann", "a"), mishap(1, "ann", "a"))[0].GetGroupId()
	b := r.judge(t, mishap(2, "ann", "b", "b2"), mishap(2, "bob", "b2"))[0].GetGroupId()
	r.merge(t, a, b)
	other := r.unmerge(t, a, "b2")
	if other == b {
		t.Fatal("a part of what was merged woke the issue")
	}
	if got := r.unmerge(t, a, "b"); got != b {
		t.Errorf("the rest made %d, want %d", got, b)
	}
}

func TestMergesThatAreRefused(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, lotsOfIssues())
	j := r.judge(t, mishap(1, "ann", "a", "a2"), mishap(1, "ann", "b"), occurrence(now, "c"))
	a, b, c := j[0].GetGroupId(), j[1].GetGroupId(), j[2].GetGroupId()
	unmerge := func(id int64, hashes ...string) error {
		_, err := r.UnmergeHashes(as(t, "user:1"), &groupingv1.UnmergeHashesRequest{ProjectId: 1, GroupId: id, Hashes: hashes})
		return err
	}
	for name, c := range map[string]struct {
		err  error
		want codes.Code
	}{
		"one issue":                       {callMerge(t, r, a), codes.InvalidArgument},
		"an issue that is none":           {callMerge(t, r, a, 999), codes.NotFound},
		"an issue of no error":            {callMerge(t, r, a, c), codes.FailedPrecondition},
		"a hash of another issue":         {unmerge(a, hashText("b")), codes.InvalidArgument},
		"all that was counted":            {unmerge(a, hashText("a")), codes.FailedPrecondition},
		"a hash under which nothing came": {unmerge(a, hashText("a2")), codes.FailedPrecondition},
		"hashes of an issue that is none": {unmerge(999, hashText("a")), codes.NotFound},
	} {
		if status.Code(c.err) != c.want {
			t.Errorf("%s: %v, want %v", name, c.err, c.want)
		}
	}
	r.merge(t, a, b)
}

func TestAMergeGoesOnWhereACrashLeftIt(t *testing.T) {
	t.Parallel()
	untitled := strings.Replace(numbersOfIssue, ", title", ", '-'", 1) // many come at once
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, lotsOfIssues())
	var items, others []*groupingv1.Item
	items = append(items, mishap(0, "u0", "b0", "b1", "b2"))
	for n := range 20 {
		if n > 0 {
			items = append(items, mishap(n, fmt.Sprint("u", n%7), fmt.Sprint("b", n%3)))
		}
		others = append(others, mishap(n, fmt.Sprint("u", n%5), "a"), mishap(n, fmt.Sprint("u", n%5), "a"))
	}
	a, b := r.judge(t, others...)[0].GetGroupId(), r.judge(t, items...)[0].GetGroupId()
	if _, err := r.store.BeginMerge(t.Context(), store.Merging{ProjectID: 1, GroupIDs: []int64{a, b}, Actor: "user:1", Now: now}); err != nil {
		t.Fatal(err)
	}
	moves, err := r.store.Moves(t.Context(), 0, 10)
	if err != nil || len(moves) != 1 {
		t.Fatal(moves, err)
	}
	// A process that dies after so many steps of three rows. Items come all the time.
	for step, done := 0, false; !done && step < 9; step++ {
		if done, err = r.store.MoveStep(t.Context(), moves[0], 3); err != nil {
			t.Fatal(err)
		}
		if err := r.store.CountEnvironments(t.Context(), 1, a); err != nil {
			t.Fatal(err)
		}
		if got := in.numbers(t, `SELECT events FROM issue_environment_counts WHERE group_id = $1`, a); step > 1 && len(got) > 0 {
			t.Errorf("while rows are on their way it is told %v", got)
		}
		r.judge(t, mishap(0, fmt.Sprint("v", step%2), fmt.Sprint("b", step%3)))
	}
	if err := callMerge(t, r, a, b); status.Code(err) != codes.NotFound {
		t.Errorf("merging again answers %v", err)
	}
	in.replica(t).sweep(t)
	if diff := cmp.Diff([]string{"1 0 7 69 9 17 12 - 69 69"}, in.numbers(t, untitled, a)); diff != "" {
		t.Error(diff)
	}
	if wrong, err := wronglyCounted(t.Context(), in.pool(t)); err != nil || len(wrong) > 0 {
		t.Error(wrong, err)
	}
	if got := r.unmerge(t, a, "b0", "b1", "b2"); got != b {
		t.Errorf("undone to %d, want %d", got, b)
	}
	if diff := cmp.Diff([]string{"1 0 7 40 5 17 12 - 40 40"}, in.numbers(t, untitled, a)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"2 0 7 29 9 17 12 - 29 29"}, in.numbers(t, untitled, b)); diff != "" {
		t.Error(diff)
	}
}

func TestADeletedIssueTakesWhatWasMergedIntoIt(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, lotsOfIssues())
	j := r.judge(t, mishap(1, "ann", "a"), mishap(1, "ann", "b"), mishap(1, "ann", "b"), mishap(1, "ann", "c"))
	a, b, c := j[0].GetGroupId(), j[1].GetGroupId(), j[3].GetGroupId()
	r.merge(t, a, b)
	r.merge(t, b, c)
	r.delete(t, b)
	r.sweep(t)
	var rows int
	err := in.pool(t).QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM groups) + (SELECT count(*) FROM group_counters) + (SELECT count(*) FROM group_hashes)
		     + (SELECT count(*) FROM hash_counters) + (SELECT count(*) FROM group_environments) + (SELECT count(*) FROM event_index)
		     + (SELECT count(*) FROM group_days) + (SELECT count(*) FROM group_users) + (SELECT count(*) FROM moves)
		     + (SELECT count(*) FROM moved_hashes)`).Scan(&rows)
	if err != nil || rows != 0 {
		t.Errorf("%d rows are left: %v", rows, err)
	}
	r.erased(t, 4)
	for _, part := range []string{"a", "b", "c"} {
		if j := r.judge(t, mishap(0, "ann", part))[0]; !j.GetIsNew() {
			t.Errorf("%s answers %v", part, j)
		}
	}
}

func TestAStatusChangeGoesToTheIssueIntoWhichItsOneIsMerged(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, lotsOfIssues())
	j := r.judge(t, mishap(1, "ann", "a"), mishap(1, "ann", "a"), mishap(1, "ann", "b"))
	a, b := j[0].GetGroupId(), j[2].GetGroupId()
	// No hash has moved yet.
	if _, err := r.store.BeginMerge(t.Context(), store.Merging{ProjectID: 1, GroupIDs: []int64{a, b}, Actor: "user:1", Now: now}); err != nil {
		t.Fatal(err)
	}
	resolved := r.judge(t, statusChange("b", issuesv1.Status_STATUS_RESOLVED, 0))[0]
	if resolved.GetGroupId() != a || !resolved.GetChanged() {
		t.Errorf("it changes %v, want %d", resolved, a)
	}
	again := r.judge(t, mishap(0, "ann", "b"), statusChange("b", issuesv1.Status_STATUS_UNRESOLVED, issuesv1.Substatus_SUBSTATUS_ONGOING))
	if again[0].GetGroupId() != b || again[1].GetGroupId() != a || !again[1].GetChanged() {
		t.Errorf("they are in %v", again)
	}
	r.sweep(t)
	if diff := cmp.Diff([]string{"1 0 3 4 1 11 12 title of b 4 4"}, in.numbers(t, numbersOfIssue, a)); diff != "" {
		t.Error(diff)
	}
	if got := r.unmerge(t, a, "b"); got != b {
		t.Errorf("undone to %d, want %d", got, b)
	}
	if diff := cmp.Diff([]string{"2 0 7 2 1 11 12 title of b 2 2"}, in.numbers(t, numbersOfIssue, b)); diff != "" {
		t.Error(diff)
	}
}

func TestAMergeTakesPeopleAndActivitiesAlong(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, lotsOfIssues())
	j := r.judge(t, mishap(1, "x", "a"), mishap(1, "x", "a"), mishap(1, "x", "b"), mishap(1, "x", "c"))
	a, b, c := j[0].GetGroupId(), j[2].GetGroupId(), j[3].GetGroupId()
	do := func(who string, change *issuesv1.Issue, path string, id int64) {
		t.Helper()
		if _, err := r.updateAs(as(t, who), change, path, id); err != nil {
			t.Fatal(err)
		}
	}
	subscribe := &issuesv1.Issue{IsSubscribed: true}
	do("user:ann", &issuesv1.Issue{}, "is_subscribed", a) // ended it there
	do("user:ann", subscribe, "is_subscribed", b)
	do("user:bob", subscribe, "is_subscribed", b)
	do("user:bob", subscribe, "is_subscribed", c)
	do("user:carl", subscribe, "is_subscribed", c)
	do("user:carl", &issuesv1.Issue{Assignee: "user:dora"}, "assignee", c)
	activities := func(id int64) (types string) {
		t.Helper()
		err := in.db.Pool(t, provision.SearchReader).QueryRow(t.Context(), `
			SELECT coalesce(string_agg(type::text, ' ' ORDER BY id), '') FROM activities WHERE project_id = 1 AND group_id = $1`, id).Scan(&types)
		if err != nil {
			t.Fatal(err)
		}
		return types
	}
	assignee := func(id int64) (who string) {
		t.Helper()
		err := in.db.Pool(t, provision.SearchReader).QueryRow(t.Context(), `SELECT assignee FROM issues WHERE project_id = 1 AND id = $1`, id).Scan(&who)
		if err != nil {
			t.Fatal(err)
		}
		return who
	}
	state := func() []string {
		t.Helper()
		return []string{subscriptions(t, in, a), assignee(a), activities(a)}
	}
	check := func(when string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, state()); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	before := state()
	r.merge(t, a, b, c)
	check("merged", "-ann -1, bob -1, carl -1, dora 1", "user:dora", "11 14")
	do("user:carl", &issuesv1.Issue{}, "is_subscribed", a) // and stays so
	if got := r.unmerge(t, a, "b"); got != b {
		t.Fatalf("undone to %d", got)
	}
	check("without b", "-ann -1, bob -1, -carl -1, dora 1", "user:dora", "11 14 19")
	if got := r.unmerge(t, a, "c"); got != c {
		t.Fatalf("undone to %d", got)
	}
	check("without c", "-ann -1, -carl -1", before[1], "14 19 19")
	if got := subscriptions(t, in, c) + " " + assignee(c) + " " + activities(c); got != "bob -1, carl -1, dora 1 user:dora 11 20" {
		t.Errorf("c has %s", got)
	}
	// Who was assigned by hand stays.
	do("user:ann", &issuesv1.Issue{Assignee: "user:eve"}, "assignee", a)
	r.merge(t, a, c)
	r.unmerge(t, a, "c")
	if got := assignee(a); got != "user:eve" {
		t.Errorf("it is %q's", got)
	}
}

// What an issue brought to the one into which it was merged goes with it, also where that one was merged on and brought it there.
func TestWhatAMergeBroughtGoesWithItFromEveryIssueAbove(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, lotsOfIssues())
	j := r.judge(t, mishap(1, "x", "a"), mishap(1, "x", "b"), mishap(1, "x", "b"), mishap(1, "x", "c"), mishap(1, "x", "c"), mishap(1, "x", "c"), mishap(1, "x", "d"))
	a, b, c, d := j[0].GetGroupId(), j[1].GetGroupId(), j[3].GetGroupId(), j[6].GetGroupId()
	do := func(who string, change *issuesv1.Issue, path string, id int64) {
		t.Helper()
		if _, err := r.updateAs(as(t, who), change, path, id); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string, id int64, want string) {
		t.Helper()
		var assignee string
		err := in.pool(t).QueryRow(t.Context(), `SELECT assignee FROM groups WHERE project_id = 1 AND id = $1`, id).Scan(&assignee)
		if got := strings.TrimSpace(assignee + " " + subscriptions(t, in, id)); err != nil || got != want {
			t.Errorf("%s: it has %q, want %q: %v", when, got, want, err)
		}
	}
	do("user:ann", &issuesv1.Issue{IsSubscribed: true}, "is_subscribed", a)
	do("user:bob", &issuesv1.Issue{IsSubscribed: true}, "is_subscribed", a)
	do("user:cid", &issuesv1.Issue{IsSubscribed: true}, "is_subscribed", a)
	do("user:dan", &issuesv1.Issue{Assignee: "user:dan"}, "assignee", a)
	do("user:ann", &issuesv1.Issue{IsSubscribed: true}, "is_subscribed", d)
	r.merge(t, a, b)
	do("user:bob", &issuesv1.Issue{IsSubscribed: true}, "is_subscribed", b) // of his own from now on
	r.merge(t, b, c)
	r.merge(t, c, d)
	check("merged", c, "user:dan ann -1, bob -1, cid -1, dan 1")
	do("user:cid", &issuesv1.Issue{IsBookmarked: true}, "is_bookmarked", c) // she wants to know of this one too
	if got := r.unmerge(t, c, "a"); got != a {
		t.Fatalf("undone to %d", got)
	}
	check("what was undone", a, "user:dan ann -1, bob -1, cid -1, dan 1")
	check("the one that it was merged into", b, "bob -1")
	check("the one above", c, "ann -1, bob -1, cid 2") // ann by d
	if got := r.unmerge(t, c, "b"); got != b {
		t.Fatalf("undone to %d", got)
	}
	check("the one that it was merged into, undone", b, "bob -1")
	if got := r.unmerge(t, c, "d"); got != d {
		t.Fatalf("undone to %d", got)
	}
	check("all is undone", c, "cid 2")
}
