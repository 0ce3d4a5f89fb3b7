package ingest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/pkg/issue"
)

func TestTimesAreReadAsDecimalsAndCutToMicroseconds(t *testing.T) {
	t.Parallel()
	want := func(micros int64) time.Time { return time.UnixMicro(micros).UTC() }
	cases := []struct {
		value any
		want  time.Time
		ok    bool
	}{
		{json.Number("1717713781.1"), want(1717713781_100000), true},
		{json.Number("1717713781.123456789"), want(1717713781_123456), true},
		{json.Number("1717713781"), want(1717713781_000000), true},
		{json.Number("1.7177137811e9"), want(1717713781_100000), true},
		{json.Number("0"), want(0), true},
		{json.Number("1e400000000"), time.Time{}, false},
		{json.Number("1e-400000000"), time.Time{}, false},
		{json.Number("1717713781100"), time.Time{}, false},
		{"1717713781.1", want(1717713781_100000), true},
		{"2024-06-06T22:43:01.100000+00:00", want(1717713781_100000), true},
		{"2024-06-07T00:43:01.1+02:00", want(1717713781_100000), true},
		{"2024-06-06T22:43:01.1000009Z", want(1717713781_100000), true},
		{"2024-06-06T22:43:01", want(1717713781_000000), true},
		{"2024-06-06 22:43:01.1", want(1717713781_100000), true},
		{"soon", time.Time{}, false},
		{"", time.Time{}, false},
		{"NaN", time.Time{}, false},
		{nil, time.Time{}, false},
		{true, time.Time{}, false},
	}
	for _, c := range cases {
		got, ok := parseTime(c.value)
		if ok != c.ok || ok && !got.Equal(c.want) {
			t.Errorf("%v: %v %v, want %v %v", c.value, got, ok, c.want, c.ok)
		}
	}
}

func TestSeenTimeIsTheEventsWherePlausibleAndNeverAfterReceipt(t *testing.T) {
	t.Parallel()
	const retention = 90 * 24 * time.Hour
	received := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := received.Add
	cases := []struct {
		name              string
		event, item, want time.Time
	}{
		{"the event's own", at(-2 * time.Hour), at(-time.Hour), at(-2 * time.Hour)},
		{"none", time.Time{}, at(-time.Hour), at(-time.Hour)},
		{"older than retention", at(-retention - time.Hour), at(-time.Hour), at(-time.Hour)},
		{"long after the item", at(-time.Hour), at(-48 * time.Hour), at(-48 * time.Hour)},
		{"after receipt", at(time.Hour), at(-time.Hour), received},
		{"item ahead of receipt", time.Time{}, at(time.Hour), received},
	}
	for _, c := range cases {
		if got := SeenTime(c.event, Item{Time: c.item, Received: received}, retention); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestTheDoorDropsWhatIsTooOldInFutureOrNotEnabled(t *testing.T) {
	t.Parallel()
	const retention = 90 * 24 * time.Hour
	const released, unreleased = 1001, 1016
	received := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	cases := []struct {
		name    string
		typeID  int32
		age     time.Duration
		enabled []int32
		want    issue.Outcome
	}{
		{"now", released, 0, nil, 0},
		{"as old as can be", released, retention, nil, 0},
		{"older", released, retention + time.Microsecond, nil, issue.DroppedTooOld},
		{"as far ahead as can be", released, -MaxAhead, nil, 0},
		{"further ahead", released, -MaxAhead - time.Microsecond, nil, issue.DroppedInFuture},
		{"type not released", unreleased, 0, nil, issue.DroppedTypeNotEnabled},
		{"type enabled for the project", unreleased, 0, []int32{unreleased}, 0},
	}
	for _, c := range cases {
		item := Item{Kind: KindOccurrence, Time: received.Add(-c.age), Received: received, Occurrence: &Occurrence{Type: c.typeID}}
		outcome, refused := Refuse(item, c.enabled, retention)
		if outcome != c.want || refused != (c.want != 0) {
			t.Errorf("%s: %v, want %v", c.name, outcome, c.want)
		}
	}
	if _, refused := Refuse(Item{Kind: KindStatusChange, Received: received}, nil, retention); refused {
		t.Error("a status change, which has no time, was refused")
	}
}

func TestUUIDsAreReadInAnySpelling(t *testing.T) {
	t.Parallel()
	const want = "0d5c3e9a4f1b4c1e9a536f2f1c3e7a01"
	for _, text := range []string{
		want, "0d5c3e9a-4f1b-4c1e-9a53-6f2f1c3e7a01", "{0D5C3E9A-4F1B-4C1E-9A53-6F2F1C3E7A01}",
		"urn:uuid:0d5c3e9a-4f1b-4c1e-9a53-6f2f1c3e7a01", "0d5c-3e9a4f1b4c1e9a536f2f1c3e7a-01",
	} {
		if id, ok := ParseID(text); !ok || id.String() != want {
			t.Errorf("%q: %s %v", text, id, ok)
		}
	}
	for _, text := range []string{"", "abc", want + "0", "gd5c3e9a4f1b4c1e9a536f2f1c3e7a01", strings.Repeat("-", 32)} {
		if id, ok := ParseID(text); ok {
			t.Errorf("%q was read as %s", text, id)
		}
	}
}

func TestFingerprintPartsAreHashedOnce(t *testing.T) {
	t.Parallel()
	if got := HashPart("1"); got != "c4ca4238a0b923820dcc509a6f75849b" {
		t.Error(got)
	}
	if got := HashPart(HashPart("1")); got != "28c8edde3d61a0411511d3b1866f0636" {
		t.Error(got)
	}
}

func TestTextsAreCleanedAndCut(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text  string
		limit int
		want  string
	}{
		{"a\x00b", 10, "a\uFFFDb"},
		{"a\xffb", 10, "a\uFFFDb"},
		{"日本語", 2, "日本"},
		{"日本語", 3, "日本語"},
		{"abc", 0, ""},
	}
	for _, c := range cases {
		if got := Clean(c.text, c.limit); got != c.want {
			t.Errorf("%q to %d: %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}

func TestTagsAreReadFromMapsAndPairsAndCutToTheLimits(t *testing.T) {
	t.Parallel()
	object, err := DecodeObject([]byte(`{
		"map": {"b": "2", "a": "1", "none": null, "empty": "", "n": 7, "yes": true, "list": []},
		"pairs": [["b", "2"], ["a", "1"], ["b", "3"], ["", "x"], ["c"], "d"]}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Tag{{"a", "1"}, {"b", "2"}, {"n", "7"}, {"yes", "true"}}, readTags(object["map"])); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Tag{{"b", "2"}, {"a", "1"}}, readTags(object["pairs"])); diff != "" {
		t.Error(diff)
	}
	var many []any
	for i := range 300 {
		many = append(many, []any{strings.Repeat("k", i+1), strings.Repeat("v", 300)})
	}
	tags := readTags(many)
	if len(tags) != MaxTags || len(tags[0].Value) != MaxTagLength {
		t.Errorf("%d tags, the first with a value of %d", len(tags), len(tags[0].Value))
	}
}

func TestAssigneesAreUsersOrTeams(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "user:7": "user:7", "team:7": "team:7", "7": "user:7", "robot:7": "", "user:": "",
	} {
		if got := assignee(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestAWrongPartOfAnEventIsToldAllThatItMayBe(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"tags": "x"}`:             `is the string "x", expected an object or a list`,
		`{"tags": {"a": 1}}`:        `is the number 1, expected a string`,
		`{"timestamp": true}`:       `is a boolean, expected a string or a number`,
		`{"user": 7}`:               `is the number 7, expected an object`,
		`{"received": [1]}`:         `is a list, expected a string or a number`,
		`{"tags": [["a", "b", 1]]}`: `has 3 elements, expected 2`,
	} {
		event, err := DecodeObject([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, required := range []string{"event_id", "platform"} {
			event[required] = "x"
		}
		event["project_id"] = json.Number("1")
		if _, given := event["timestamp"]; !given {
			event["timestamp"] = "x"
		}
		if violation := modernEvent(event); violation == nil || violation.Description != want {
			t.Errorf("%s: %+v, want %q", body, violation, want)
		}
	}
}
