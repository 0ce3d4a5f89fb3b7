package server_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

// ofType makes items of a type that are seen at a time.
func ofType(typeID int32, at time.Time, fingerprint string, n int) []*groupingv1.Item {
	items := make([]*groupingv1.Item, n)
	for i := range items {
		items[i] = occurrence(at, fingerprint)
		items[i].GetOccurrence().Type = typeID
		items[i].ReceivedTime = timestamppb.New(at)
	}
	return items
}

func statusOf(issue *issuesv1.Issue) string {
	return issue.GetStatus().String()[len("STATUS_"):] + " " + issue.GetSubstatus().String()[len("SUBSTATUS_"):]
}

func TestAnArchivedIssueEscalatesWhenAnHourHasMoreEventsThanWereForecast(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r, other := in.replica(t), in.replica(t)
	r.project(t, nil)
	ids := r.makeGroups(t, "a", "b")
	low := &issuesv1.Issue{
		Status: issuesv1.Status_STATUS_IGNORED, Substatus: issuesv1.Substatus_SUBSTATUS_UNTIL_ESCALATING,
	}
	in.pass(2 * time.Hour) // one event in a whole hour: 10 are forecast
	r.update(t, low, []string{"status", "substatus"}, ids[0])
	r.assign(t, statusChange("b", issuesv1.Status_STATUS_IGNORED, issuesv1.Substatus_SUBSTATUS_UNTIL_ESCALATING))
	for i, fingerprint := range []string{"a", "b"} {
		at := in.now()
		r.assign(t, ofType(4001, at, fingerprint, 6)...)
		r.assign(t, ofType(4001, at.Add(-time.Hour), fingerprint, 20)...) // of another hour
		other.assign(t, ofType(4001, at, fingerprint, 4)...)
		if got := statusOf(r.read(t, ids[i])); got != "IGNORED UNTIL_ESCALATING" {
			t.Errorf("with 10 events in the hour it is %s", got)
		}
		other.assign(t, ofType(4001, at, fingerprint, 2)...)
		if got := statusOf(r.read(t, ids[i])); got != "UNRESOLVED ESCALATING" {
			t.Errorf("with 11 events in the hour it is %s", got)
		}
		var forecast string
		var activities, forecasts int
		err := in.pool(t).QueryRow(t.Context(), `
			SELECT max(details->>'forecast'), count(*), (SELECT count(*) FROM forecasts WHERE group_id = $1)
			FROM activities WHERE group_id = $1 AND type = 25`, ids[i]).Scan(&forecast, &activities, &forecasts)
		if err != nil || forecast != "10" || activities != 1 || forecasts != 0 {
			t.Errorf("escalated %d times over %s, %d forecasts are left: %v", activities, forecast, forecasts, err)
		}
	}
}

func TestTypesWithoutEscalationDetectionStayArchived(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, &groupingv1.ProjectSettings{EnabledTypes: []int32{7001}})
	first := judgement(t, r.assign(t, ofType(7001, now, "down", 1)...)[0])
	r.update(t, &issuesv1.Issue{
		Status: issuesv1.Status_STATUS_IGNORED, Substatus: issuesv1.Substatus_SUBSTATUS_UNTIL_ESCALATING,
	}, []string{"status", "substatus"}, first.GetGroupId())
	in.pass(time.Hour)
	r.assign(t, ofType(7001, in.now(), "down", 50)...)
	if got := statusOf(r.read(t, first.GetGroupId())); got != "IGNORED UNTIL_ESCALATING" {
		t.Errorf("it is %s", got)
	}
}

func TestForecastsAreMadeAgain(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r, other := in.replica(t), in.replica(t)
	r.project(t, nil)
	id := r.makeGroups(t, "a")[0]
	r.update(t, &issuesv1.Issue{
		Status: issuesv1.Status_STATUS_IGNORED, Substatus: issuesv1.Substatus_SUBSTATUS_UNTIL_ESCALATING,
	}, []string{"status", "substatus"}, id)
	firstDay := func() (day time.Time, number int) {
		t.Helper()
		if err := in.pool(t).QueryRow(t.Context(), `SELECT first_day, numbers[1] FROM forecasts WHERE group_id = $1`, id).Scan(&day, &number); err != nil {
			t.Error(err)
		}
		return day.UTC(), number
	}
	today := now.Truncate(day)
	for _, step := range []struct {
		pass time.Duration
		want time.Time
	}{{13 * day, today}, {day, today.Add(14 * day)}, {time.Hour, today.Add(14 * day)}} {
		in.pass(step.pass)
		r.sweep(t)
		other.sweep(t)
		if got, _ := firstDay(); !got.Equal(step.want) {
			t.Errorf("the forecast begins on %v, want %v", got, step.want)
		}
	}
	// One that is lost is made by the event that misses it, from what the group had.
	r.assign(t, ofType(4001, in.now(), "a", 8)...)
	in.pass(3 * day)
	if _, err := in.pool(t).Exec(t.Context(), `DELETE FROM forecasts`); err != nil {
		t.Fatal(err)
	}
	r.assign(t, ofType(4001, in.now(), "a", 1)...)
	if got, number := firstDay(); !got.Equal(in.now().Truncate(day)) || number < 10 {
		t.Errorf("the forecast begins on %v with %d", got, number)
	}
}

func TestANewIssueEscalatesWhenItComesMoreOftenThanItsProjectIsUsedTo(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	sighted := func(fingerprint string, n int) string {
		t.Helper()
		results := r.assign(t, ofType(4001, in.now(), fingerprint, n)...)
		return statusOf(r.read(t, judgement(t, results[0]).GetGroupId()))
	}
	if r.sweep(t); sighted("early", 1)+sighted("early", 100) != "UNRESOLVED NEWUNRESOLVED NEW" {
		t.Error("an issue of a project that knows no threshold escalates")
	}
	for i := range 25 {
		r.assign(t, ofType(4001, now, string(rune('A'+i)), 1)...)
	}
	in.pass(25 * time.Hour)
	r.sweep(t) // once a day the threshold is reckoned: 10, the least
	var threshold float64
	if err := in.pool(t).QueryRow(t.Context(), `SELECT threshold FROM escalation_thresholds WHERE project_id = 1`).Scan(&threshold); err != nil || threshold != 10 {
		t.Errorf("the threshold is %v: %v", threshold, err)
	}
	for _, step := range []struct {
		fingerprint string
		n           int
		want        string
	}{
		{"often", 1, "UNRESOLVED NEW"},
		{"often", 9, "UNRESOLVED NEW"}, // 10 an hour
		{"often", 1, "UNRESOLVED ESCALATING"},
		{"A", 100, "UNRESOLVED NEW"}, // first seen more than a day ago
	} {
		if got := sighted(step.fingerprint, step.n); got != step.want {
			t.Errorf("%s with %d more is %s, want %s", step.fingerprint, step.n, got, step.want)
		}
	}
}
