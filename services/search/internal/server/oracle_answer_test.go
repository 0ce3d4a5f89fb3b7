package server_test

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/searchquery"
)

// answer is one issue that the oracle finds.
type answer struct {
	id               int64
	score            float64
	matching, window oracleCounts
	latest           string         // id of the latest event of the window
	all              []*oracleEvent // in the environments, whenever they were seen
	life             int64          // events of all environments
}

type oracleCounts struct {
	Count, Users int64
	First, Last  time.Time
}

// oracleSearch is a search as the oracle reads it.
type oracleSearch struct {
	projects     []int64
	environments []string
	tree         searchquery.Node
	start, end   time.Time
	sort         searchv1.IssueSort
	// What the answer is to have.
	withoutWindow, withoutMatching, allMatching, latest bool
}

// find answers all that a search finds, in order.
func (s oracleSearch) find(issues []*oracleIssue) []answer {
	conjuncts, ok := s.tree.(searchquery.And)
	if !ok {
		conjuncts = searchquery.And{s.tree}
	}
	var conditions searchquery.And
	var aggregates []*searchquery.Filter
	for _, n := range conjuncts {
		f, ok := n.(*searchquery.Filter)
		if ok && !f.Tag && (f.Key == "times_seen" || f.Key == "last_seen") {
			aggregates = append(aggregates, f)
		} else {
			conditions = append(conditions, n)
		}
		if ok && !f.Tag && (f.Key == "date" || f.Key == "timestamp") {
			s.narrow(f)
		}
	}
	var found []answer
	for _, i := range issues {
		if a, ok := s.judge(i, conditions, aggregates); ok {
			found = append(found, a)
		}
	}
	slices.SortFunc(found, func(a, b answer) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.id, a.id)) })
	return found
}

// narrow: dates beside all other conditions shape the window that other counts are taken of, too.
func (s *oracleSearch) narrow(f *searchquery.Filter) {
	var from, to time.Time
	switch v := f.Value.(type) {
	case searchquery.RelativeDate:
		from, to = v.At(now), v.At(now)
	case searchquery.Date:
		if from, to = v.From, v.From; !v.To.IsZero() {
			s.start, s.end = latest(s.start, v.From), earliest(s.end, v.To)
			return
		}
	default:
		return
	}
	switch f.Op {
	case searchquery.Greater, searchquery.GreaterOrEqual:
		s.start = latest(s.start, from)
	case searchquery.Less:
		s.end = earliest(s.end, to)
	case searchquery.LessOrEqual:
		s.end = earliest(s.end, to.Add(time.Microsecond))
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (s oracleSearch) judge(i *oracleIssue, conditions searchquery.And, aggregates []*searchquery.Filter) (answer, bool) {
	hidden := i.status >= 3 && i.status <= 5 || i.kind == 6001 && !asksForFeedback(s.tree) ||
		s.sort == searchv1.IssueSort_ISSUE_SORT_INBOX && i.inbox == nil || !slices.Contains(s.projects, i.project)
	if hidden {
		return answer{}, false
	}
	a := answer{id: i.id, life: int64(len(i.events))}
	var window, matching []*oracleEvent
	for _, e := range i.events {
		if len(s.environments) > 0 && !slices.Contains(s.environments, e.texts["environment"]) {
			continue
		}
		a.all = append(a.all, e)
		if e.seen.Before(s.start) || !e.seen.Before(s.end) {
			continue
		}
		window = append(window, e)
		if (judge{s.environments, i, e}).holds(conditions) {
			matching = append(matching, e)
		}
	}
	a.matching, a.window = sum(matching), sum(window)
	if len(matching) == 0 {
		return answer{}, false
	}
	for _, f := range aggregates {
		if !a.satisfies(f) {
			return answer{}, false
		}
	}
	a.score = s.score(i, a, matching)
	if s.latest {
		a.latest = plain(slices.MaxFunc(window, laterEvent).id)
	}
	if s.withoutWindow {
		a.window = oracleCounts{}
	}
	if s.withoutMatching {
		a.matching = oracleCounts{}
	}
	return a, true
}

func laterEvent(a, b *oracleEvent) int {
	return cmp.Or(a.seen.Compare(b.seen), cmp.Compare(a.kind, b.kind), bytes.Compare(a.item[:], b.item[:]))
}

// mayLeaveOut reports whether rows of a page may be without matching counts: those that were found without a look at all
// of their events.
func (s oracleSearch) mayLeaveOut() bool {
	byDate := s.sort == searchv1.IssueSort_ISSUE_SORT_DATE || s.sort == searchv1.IssueSort_ISSUE_SORT_UNSPECIFIED
	ofEvents := false
	searchquery.Walk(s.tree, func(n searchquery.Node) bool {
		switch n := n.(type) {
		case *searchquery.FreeText:
			ofEvents = true
		case *searchquery.Filter:
			ofEvents = ofEvents || n.Tag || !slices.Contains(oracleIssueFields, n.Key)
		}
		return true
	})
	return byDate && ofEvents && !s.withoutMatching && !s.allMatching
}

var oracleIssueFields = strings.Fields(`status substatus unassigned for_review linked assigned_to assigned_or_suggested bookmarked_by subscribed_by
	regressed_in_release issue issue.id issue.type issue.category issue.priority first_seen first_release project project.id times_seen last_seen`)

// leaveOut gives rows of a page the matching counts that were left out of them, where they may be: of the rows with the most
// events, when those of the others are as many as are looked at.
func (s oracleSearch) leaveOut(page, want []answer) (left int) {
	if !s.mayLeaveOut() {
		return 0
	}
	byLife := slices.Clone(page)
	for n := range byLife {
		if i := slices.IndexFunc(want, func(a answer) bool { return a.id == byLife[n].id }); i >= 0 {
			byLife[n].life, byLife[n].matching = want[i].life, want[i].matching
		}
	}
	slices.SortStableFunc(byLife, func(a, b answer) int { return cmp.Compare(a.life, b.life) })
	looked := int64(0)
	for _, a := range byLife {
		if looked += a.life; looked <= oracleMatchingEvents {
			continue
		}
		n := slices.IndexFunc(page, func(b answer) bool { return b.id == a.id })
		if page[n].matching == (oracleCounts{}) {
			page[n].matching = a.matching
			left++
		}
	}
	return left
}

func (a answer) satisfies(f *searchquery.Filter) bool {
	op := f.Op
	if negativeOp(op) || op == searchquery.In {
		op = searchquery.Equal
	}
	holds := false
	if f.Key == "last_seen" {
		holds = compareTime(a.matching.Last, op, f.Value)
	} else {
		holds = numberIs(float64(a.matching.Count), op, f.Value)
	}
	return holds != negativeOp(f.Op)
}

// asksForFeedback: feedback is found only by searches that name it, in whatever sense.
func asksForFeedback(tree searchquery.Node) bool {
	asks := false
	searchquery.Walk(tree, func(n searchquery.Node) bool {
		if f, ok := n.(*searchquery.Filter); ok && (f.Key == "issue.type" || f.Key == "issue.category") {
			asks = asks || enumIs(f.Value, func(v searchquery.Enum) bool { return v.Name == "feedback" })
		}
		return true
	})
	return asks
}

func sum(events []*oracleEvent) oracleCounts {
	var c oracleCounts
	users := map[string]bool{}
	for _, e := range events {
		if c.Count++; c.Count == 1 || e.seen.Before(c.First) {
			c.First = e.seen
		}
		if c.Count == 1 || e.seen.After(c.Last) {
			c.Last = e.seen
		}
		if user := e.user(); user != "" {
			users[user] = true
		}
	}
	c.Users = int64(len(users))
	return c
}

func (s oracleSearch) score(i *oracleIssue, a answer, matching []*oracleEvent) float64 {
	switch s.sort {
	case searchv1.IssueSort_ISSUE_SORT_NEW:
		return float64(a.matching.First.UnixMicro())
	case searchv1.IssueSort_ISSUE_SORT_FREQ:
		return float64(a.matching.Count)
	case searchv1.IssueSort_ISSUE_SORT_USER:
		return float64(a.matching.Users)
	case searchv1.IssueSort_ISSUE_SORT_INBOX:
		return float64(i.inboxAdded.UnixMicro())
	case searchv1.IssueSort_ISSUE_SORT_TRENDS:
		return s.trends(a, matching)
	case searchv1.IssueSort_ISSUE_SORT_RECOMMENDED:
		return recommended(i, a, matching)
	}
	return float64(a.matching.Last.UnixMicro())
}

func (s oracleSearch) trends(a answer, matching []*oracleEvent) float64 {
	recent, overall := 3600.0, 7*24*3600.0
	if seconds := math.Floor(s.end.Sub(s.start).Seconds()); seconds < overall {
		recent, overall = math.Floor(seconds/100), seconds
	}
	var weight, recently, ever float64
	for _, e := range matching {
		age := now.Sub(e.seen).Seconds()
		weight += math.Exp2(-age / 3600 / 4)
		if age <= recent {
			recently++
		}
		if age <= overall {
			ever++
		}
	}
	youth := math.Exp2(-min(16, now.Sub(a.matching.First).Hours()/12))
	return max(0.01, youth) * max(0.01, math.Log1p(weight)) * max(0.01, recently/(ever+1)/10)
}

// recommended has the published weights written out once more.
func recommended(i *oracleIssue, a answer, matching []*oracleEvent) float64 {
	severities := map[issue.Level]float64{issue.Fatal: 1, issue.ErrorLevel: 0.75, issue.Warning: 0.5, issue.Info: 0.25}
	var recent, overall, severity, outage float64
	for _, e := range matching {
		if now.Sub(e.seen) < 6*time.Hour {
			recent++
		}
		if now.Sub(e.seen) < 3*day {
			overall++
		}
		severity = max(severity, severities[e.level])
	}
	if category := typeOf(i).Category; category == issue.CategoryCron || category == issue.CategoryUptime {
		outage = 1
	}
	return 0.3*math.Exp2(-max(0, now.Sub(a.matching.Last).Hours())/24) + 0.2*min(1, recent/(overall+1)) + 0.2*severity +
		0.2*min(1, math.Log1p(float64(a.matching.Users))/math.Log(1001)) + 0.1*min(1, math.Log1p(float64(a.matching.Count))/math.Log(10_001)) +
		0.1*outage
}

// differs says how an answer of the service differs from the oracle's.
func differs(want []answer, got []answer) string {
	if len(want) != len(got) {
		return fmt.Sprintf("%d issues, want %d:\n%v\nwant\n%v", len(got), len(want), answerIDs(got), answerIDs(want))
	}
	for n := range want {
		if want[n].id != got[n].id {
			return fmt.Sprintf("issues %v, want %v", answerIDs(got), answerIDs(want))
		}
		if want[n].latest != got[n].latest {
			return fmt.Sprintf("issue %d: latest event %s, want %s", want[n].id, got[n].latest, want[n].latest)
		}
		if want[n].matching != got[n].matching || want[n].window != got[n].window {
			return fmt.Sprintf("issue %d: %+v of %+v, want %+v of %+v", want[n].id,
				got[n].matching, got[n].window, want[n].matching, want[n].window)
		}
	}
	return ""
}

func answerIDs(answers []answer) []int64 {
	ids := []int64{}
	for _, a := range answers {
		ids = append(ids, a.id)
	}
	return ids
}
