package ingest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/scrub"
)

// heldElsewhere are limits that are no rules of an item, and the tests that hold them.
var heldElsewhere = map[string][]int{
	// consumer: TestARecordMayHaveAMebibyte; server: TestItemsOfABatchSucceedOrFailAlone
	"one message: a Kafka record's value, an `IngestOccurrenceRequest`": {1},
	// server: TestARequestMayHaveAThousandItemsAndSixteenMebibytes
	"a gRPC request with several": {1000, 16},
	// pipeline: TestAFullQueueSaysWhenToComeAgain; pkg/batch: TestAQueueIsBoundInBytes
	"calls that wait for their batch, a replica": {4096, 32},
	// server: TestEventsThatHaveNoRoomInTheAnswerRemain
	"an answer of `BatchGetEvents` with several events": {3},
	// server: TestOutcomesOutsideTheLimitsAreRefused
	"`GetOutcomes`": {31},
}

// TestLimitsAreThoseThatArePublished compares the numbers of docs/limits.md with what is left of an item that has too
// much of everything.
func TestLimitsAreThoseThatArePublished(t *testing.T) {
	t.Parallel()
	occurrence, failure := oversized(t)
	o, event := occurrence.Occurrence, occurrence.Event.Searchable
	searchable := failure.Event.Searchable
	text := func(texts ...string) []int { return []int{longest(texts...)} }
	measured := map[string][]int{
		"JSON objects and lists in each other":      {deepest()},
		"age of an item":                            {retentionDays(t)},
		"time of an item ahead of its receipt":      {int(ingest.MaxAhead / time.Hour)},
		"`fingerprint`":                             {len(o.Fingerprint)},
		"`issue_title`":                             text(o.Title),
		"`subtitle`, the message of an error event": text(o.Subtitle, searchable.Message),
		"`culprit`":                                 text(o.Culprit),
		"`evidence_display`":                        {len(o.EvidenceDisplay)},
		"`assignee`":                                text(o.Assignee),
		"tags":                                      {len(event.Tags), longest(event.Tags[0].Key, event.Tags[0].Value)},
		"`environment`, `platform`, `dist`":         text(event.Environment, event.Platform, event.Dist),
		"`release`":                                 text(event.Release),
		"`transaction`, each field of `user` and `sdk`": text(event.Transaction, event.User.ID, event.User.Email, event.User.Username, event.User.IPAddress, event.SDKName, event.SDKVersion),
		"other texts of an event: contexts, `request`, geography, types and mechanisms of exceptions": text(
			append(textFields(searchable.Fields), searchable.Errors.Types[0], searchable.Errors.Mechanisms[0])...),
		"exceptions":                                   {len(searchable.Errors.Values), longest(searchable.Errors.Values[0])},
		"frames of stack traces":                       {len(searchable.Stack.Functions) / 2, len(searchable.Stack.Functions) / 2, longest(searchable.Stack.Functions...), 2, bits(searchable.Stack.Lines)},
		"measurements, kinds of spans":                 {numbers(searchable.Fields, "measurements.")},
		"an occurrence over Kafka waits for its event": {int(ingest.WaitForEvent / time.Minute)},
	}
	for label, cell := range publishedLimits(t) {
		enforced := measured[label]
		if heldElsewhere[label] != nil {
			enforced = heldElsewhere[label]
		}
		if diff := cmp.Diff(numbersIn(cell), enforced); diff != "" {
			t.Errorf("%s: -published +enforced\n%s", label, diff)
		}
	}
}

// publishedLimits are the rows of docs/limits.md that are about this service.
func publishedLimits(t *testing.T) map[string]string {
	t.Helper()
	content, err := os.ReadFile("../../../../docs/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	limits := map[string]string{}
	for _, line := range strings.Split(string(content), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || strings.HasPrefix(cells[1], "---") || strings.TrimSpace(cells[1]) == "what" || strings.HasPrefix(cells[1], " spans:") {
			continue
		}
		limits[strings.TrimSpace(cells[1])] = cells[2]
	}
	if len(limits) < 20 {
		t.Fatalf("docs/limits.md has %d limits", len(limits))
	}
	return limits
}

var digits = regexp.MustCompile(`[0-9][0-9,]*`)

func numbersIn(cell string) []int {
	var found []int
	for _, text := range digits.FindAllString(cell, -1) {
		n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
		if err != nil {
			n = -1
		}
		found = append(found, n)
	}
	return found
}

// oversized gives an occurrence and an error event that had too much of everything.
func oversized(t *testing.T) (occurrence, failure ingest.Item) {
	t.Helper()
	long := strings.Repeat("\u00e9", 3000)
	event := oversizedEvent(long)
	message := readBases(t)["occurrence"]
	for name, value := range event {
		object, key := descend(t, message, "event."+name)
		object[key] = value
	}
	for _, field := range []string{"issue_title", "subtitle", "culprit"} {
		message[field] = long
	}
	message["assignee"] = "user:" + long
	message["fingerprint"] = many(300, func(i int) any { return fmt.Sprint(i) })
	message["evidence_display"] = many(300, func(int) any { return map[string]any{"name": "a", "value": "b"} })
	occurrence, err := ingest.ReadMessage(encoded(t, message), ingest.ID{}, received)
	if err != nil {
		t.Fatal(err)
	}
	body, err := ingest.DecodeObject(encoded(t, event))
	if err != nil {
		t.Fatal(err)
	}
	failure, err = ingest.ErrorEventDraft{ProjectID: 1, EventID: strings.Repeat("a", 32), Event: body}.Item(received)
	if err != nil {
		t.Fatal(err)
	}
	occurrence.Finish(scrub.New(nil))
	failure.Finish(scrub.New(nil))
	return occurrence, failure
}

func oversizedEvent(long string) map[string]any {
	frames := many(1000, func(i int) any {
		return map[string]any{"function": fmt.Sprint(i, long), "lineno": i, "colno": i}
	})
	frames = append(frames, map[string]any{"function": "1st" + long, "lineno": 1<<31 - 1}, map[string]any{"function": "2nd" + long, "lineno": 1 << 31})
	return map[string]any{
		"timestamp": "2026-11-22T12:43:01Z", "platform": long, "environment": long, "release": long, "dist": long, "transaction": long,
		"message": long, "user": map[string]any{"id": long, "email": long, "username": long, "ip_address": long, "geo": map[string]any{"city": long}},
		"sdk":      map[string]any{"name": long, "version": long},
		"contexts": map[string]any{"device": map[string]any{"name": long}}, "request": map[string]any{"method": long},
		"tags":       many(300, func(i int) any { return []any{fmt.Sprint(i, long), long} }),
		"stacktrace": map[string]any{"frames": frames},
		"exception": many(100, func(i int) any {
			return map[string]any{"type": fmt.Sprint(i, long), "value": fmt.Sprint(i, long), "mechanism": map[string]any{"type": long}}
		}),
		"measurements": func() map[string]any {
			all := map[string]any{}
			for i := range 100 {
				all[fmt.Sprint(i)] = map[string]any{"value": i}
			}
			return all
		}(),
	}
}

func many(n int, element func(i int) any) []any {
	var list []any
	for i := range n {
		list = append(list, element(i))
	}
	return list
}

func encoded(t *testing.T, value any) []byte {
	t.Helper()
	content, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// longest is the length of all texts, in characters, or 0 when they differ: then one of them has a limit of its own.
func longest(texts ...string) int {
	n := utf8.RuneCountInString(texts[0])
	for _, text := range texts {
		if utf8.RuneCountInString(text) != n {
			return 0
		}
	}
	return n
}

func textFields(fields []ingest.Field) []string {
	var texts []string
	for _, f := range fields {
		if text, ok := f.Value.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

func numbers(fields []ingest.Field, prefix string) int {
	n := 0
	for _, f := range fields {
		if strings.HasPrefix(f.Name, prefix) {
			n++
		}
	}
	return n
}

// bits is the power of two below which all numbers are.
func bits(lines []int32) int {
	n := 0
	for slices.Max(lines) >= 1<<n-1 && n < 32 {
		n++
	}
	return n - 1
}

// deepest is how deep objects and lists may stand in each other.
func deepest() int {
	for n := 1; ; n++ {
		if _, err := ingest.DecodeObject([]byte(`{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`)); err != nil {
			return n
		}
	}
}

// retentionDays is the default of PICKET_RETENTION.
func retentionDays(t *testing.T) int {
	t.Helper()
	content, err := os.ReadFile("../../config.go")
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`PICKET_RETENTION" envDefault:"(\d+)h"`).FindSubmatch(content)
	if match == nil {
		t.Fatal("config.go has no default of PICKET_RETENTION")
	}
	hours, err := strconv.Atoi(string(match[1]))
	if err != nil {
		t.Fatal(err)
	}
	return hours / 24
}
