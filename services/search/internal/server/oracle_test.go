package server_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/pkg/searchquery/fields"
)

var (
	oracleQueries = flag.Int("oracle.queries", 400, "random queries to compare with the oracle")
	oracleSeed    = flag.Uint64("oracle.seed", 0, "seed of the first world; 0 for a random one")
)

const (
	queriesPerWorld = 1000
	// As few that pages have issues whose events are not looked at.
	oracleMatchingEvents = 10
)

// SearchIssues answers what a plain evaluator over the same rows answers: the issues, their order, pages there and
// back, counts and series. go test -run Oracle -args -oracle.queries=100000 compares that many.
func TestSearchesAgreeWithTheOracle(t *testing.T) {
	t.Parallel()
	seed := *oracleSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	var leftOut atomic.Int64
	t.Cleanup(func() {
		if *oracleQueries >= 5*queriesPerWorld && leftOut.Load() == 0 {
			t.Error("no matching counts were left out of a page")
		}
	})
	for done := 0; done < *oracleQueries; done += queriesPerWorld {
		number, seed := min(queriesPerWorld, *oracleQueries-done), seed+uint64(done/queriesPerWorld)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			t.Logf("-oracle.seed=%d -oracle.queries=%d", seed, number)
			leftOut.Add(int64(compareWithOracle(t, rand.New(rand.NewPCG(seed, 0)), number)))
		})
	}
}

// compareWithOracle says how many rows were without matching counts.
func compareWithOracle(t *testing.T, r *rand.Rand, number int) (leftOut int) {
	t.Helper()
	stacks := oracleStacks(r)
	issues := oracleRows(r, 60, stacks)
	w := newWorldThatCounts(t, oracleMatchingEvents)
	storeStacks(t, w.Seed, stacks)
	storeOracle(t, w.Seed, issues)
	maker := queryMaker{Rand: r, issues: issues}
	nonEmpty := 0
	for n := range number {
		req, s := oracleRequest(t, maker)
		want := s.find(issues)
		if len(want) > 0 {
			nonEmpty++
		}
		difference, left := compareSearch(t, w, r, req, s, want)
		if leftOut += left; difference != "" {
			t.Errorf("query %d: %v\n%s", n, req, difference)
		}
	}
	if nonEmpty < number/5 {
		t.Errorf("%d of %d queries found something", nonEmpty, number)
	}
	t.Logf("%d rows without matching counts", leftOut)
	return leftOut
}

// oracleRequest makes a random request, as the service and as the oracle read it.
func oracleRequest(t *testing.T, m queryMaker) (*searchv1.SearchIssuesRequest, oracleSearch) {
	t.Helper()
	var environments []string
	for range m.IntN(3) * m.IntN(2) {
		environments = append(environments, pick(m.Rand, words["environment"]...))
	}
	text := m.query()
	if len(environments) == 1 && m.IntN(2) == 0 {
		text += " " + pick(m.Rand, "", "!") + pick(m.Rand, "has:release.stage", "release.stage:adopted", "release.stage:[replaced, low_adoption]", "release.stage:low_adoption")
	}
	tree, err := searchquery.Parse(text, oracleTable())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	req := &searchv1.SearchIssuesRequest{
		OrganizationId: 1, Query: &text, Sort: oracleSort(m.Rand), TotalSizeCap: pick[int32](m.Rand, 0, 1, 5),
		StatsPeriod: searchv1.StatsPeriod(m.IntN(4)),
	}
	s := oracleSearch{projects: []int64{1, 2}, tree: tree, start: now.Add(-90 * day), end: now.Add(time.Minute), sort: req.GetSort()}
	s.environments, req.Environments = environments, environments
	s.latest, s.allMatching, s.withoutWindow, s.withoutMatching = m.IntN(4) == 0, m.IntN(2) == 0, m.IntN(8) == 0, m.IntN(8) == 0
	req.Expand, req.Collapse = s.parts()
	if m.IntN(3) == 0 {
		a, b := moment(m.Rand), moment(m.Rand)
		if a.Before(b) {
			req.StartTime, req.EndTime = timestamppb.New(a), timestamppb.New(b)
			s.start, s.end = latest(a, s.start), b
		}
	}
	return req, s
}

func (s oracleSearch) parts() (expand, collapse []searchv1.IssuePart) {
	if s.latest {
		expand = append(expand, searchv1.IssuePart_ISSUE_PART_LATEST_EVENT)
	}
	if s.allMatching {
		expand = append(expand, searchv1.IssuePart_ISSUE_PART_MATCHING)
	}
	if s.withoutWindow {
		collapse = append(collapse, searchv1.IssuePart_ISSUE_PART_WINDOW)
	}
	if s.withoutMatching {
		collapse = append(collapse, searchv1.IssuePart_ISSUE_PART_MATCHING)
	}
	return expand, collapse
}

// oracleSort is by date half of the time: there are several ways to read such a page.
func oracleSort(r *rand.Rand) searchv1.IssueSort {
	if r.IntN(2) == 0 {
		return searchv1.IssueSort_ISSUE_SORT_DATE
	}
	return pick(r, allSorts()...)
}

// compareSearch reads pages to the end and back, and says what is wrong, and how many rows were without the matching counts
// that they may be without.
func compareSearch(t *testing.T, w *world, r *rand.Rand, req *searchv1.SearchIssuesRequest, s oracleSearch, want []answer) (difference string, left int) {
	t.Helper()
	limit := int(req.GetTotalSizeCap())
	if limit == 0 {
		limit = 1000
	}
	var got []answer
	req.PageSize = pick(r, 100, int32(1+len(want)/3))
	for {
		resp, err := w.SearchIssues(as(t, oracleCaller), req)
		if err != nil {
			return err.Error(), left
		}
		if int(resp.GetTotalSize()) != min(limit, len(want)) || resp.GetTotalSizeCapped() != (len(want) > limit) {
			return fmt.Sprintf("%d counted, want %d", resp.GetTotalSize(), len(want)), left
		}
		if (resp.GetPreviousPageToken() != "") != (len(got) > 0) {
			return fmt.Sprintf("the page after %d issues has the token %q of the one before", len(got), resp.GetPreviousPageToken()), left
		}
		before := len(got)
		for _, i := range resp.GetIssues() {
			got = append(got, answerOf(i))
			if difference := wrongSeries(want, i); difference != "" {
				return difference, left
			}
		}
		left += s.leaveOut(got[before:], want)
		if len(got) > len(want) {
			return fmt.Sprintf("issues %v, want %v", answerIDs(got), answerIDs(want)), left
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			req.PageToken = resp.GetPreviousPageToken()
			if difference := differs(level(req, want, got), got); difference != "" || req.GetPageToken() == "" {
				return difference, left
			}
			return compareBack(t, w, req, s, want, got[:before]), left
		}
	}
}

// compareBack reads pages back to the first, and compares them with what there was on the way.
func compareBack(t *testing.T, w *world, req *searchv1.SearchIssuesRequest, s oracleSearch, want, before []answer) string {
	t.Helper()
	var got []answer
	for req.GetPageToken() != "" {
		resp, err := w.SearchIssues(as(t, oracleCaller), req)
		if err != nil {
			return err.Error()
		}
		page := []answer{}
		for _, i := range resp.GetIssues() {
			page = append(page, answerOf(i))
		}
		s.leaveOut(page, want)
		if got = slices.Concat(page, got); len(got) > len(before) {
			break
		}
		req.PageToken = resp.GetPreviousPageToken()
	}
	return differs(before, got)
}

// level puts issues whose scores differ only by how doubles were added up in the order in which they came.
func level(req *searchv1.SearchIssuesRequest, want, got []answer) []answer {
	summed := req.GetSort() == searchv1.IssueSort_ISSUE_SORT_TRENDS || req.GetSort() == searchv1.IssueSort_ISSUE_SORT_RECOMMENDED
	if !summed || len(want) != len(got) {
		return want
	}
	leveled := slices.Clone(want)
	for n := range leveled {
		for other := n + 1; leveled[n].id != got[n].id && other < len(leveled); other++ {
			if leveled[other].id == got[n].id && math.Abs(leveled[other].score-leveled[n].score) <= 1e-9*leveled[n].score {
				moved := leveled[other]
				copy(leveled[n+1:other+1], leveled[n:other])
				leveled[n] = moved
			}
		}
	}
	return leveled
}

func answerOf(i *issuesv1.Issue) answer {
	counts := func(c *issuesv1.EventCounts) oracleCounts {
		if c == nil {
			return oracleCounts{}
		}
		return oracleCounts{c.GetCount(), c.GetUserCount(), c.GetFirstSeen().AsTime(), c.GetLastSeen().AsTime()}
	}
	return answer{id: i.GetId(), latest: i.GetLatestEvent().GetEventId(), matching: counts(i.GetMatching()), window: counts(i.GetWindow())}
}

func wrongSeries(want []answer, i *issuesv1.Issue) string {
	n := slices.IndexFunc(want, func(a answer) bool { return a.id == i.GetId() })
	if n < 0 || len(i.GetStats()) < 2 {
		return ""
	}
	points := i.GetStats()
	step := points[1].GetTime().AsTime().Sub(points[0].GetTime().AsTime())
	for _, p := range points {
		var count int64
		for _, e := range want[n].all {
			if since := e.seen.Sub(p.GetTime().AsTime()); since >= 0 && since < step {
				count++
			}
		}
		if count != p.GetCount() {
			return fmt.Sprintf("issue %d has %d events at %v, want %d", i.GetId(), p.GetCount(), p.GetTime().AsTime(), count)
		}
	}
	return ""
}

// oracleTable is the table of fields with the types of the registry.
func oracleTable() *fields.Table {
	var choices []fields.Choice
	for _, t := range issue.Types() {
		if !slices.ContainsFunc(choices, func(c fields.Choice) bool { return c.Name == t.Slug }) {
			choices = append(choices, fields.Choice{Name: t.Slug, Number: int(t.ID)})
		}
	}
	return fields.Issues(choices...)
}
