package ingest_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/producer"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/scrub"
)

var received = time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC)

type messageCase struct {
	Rule, Case, Verdict, Base string
	Set                       map[string]any
	Remove                    []string
	Raw                       *string
	Kept                      map[string]any
}

func TestMessagesHaveTheirVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range messageCases(t) {
		t.Run(c.Rule+" "+c.Case, func(t *testing.T) {
			t.Parallel()
			item, err := ingest.ReadMessage(c.message(t), ingest.RecordID("topic", 0, 1), received)
			if got := verdict(item, err); got != c.Verdict {
				t.Fatalf("%s, want %s (%v)", got, c.Verdict, err)
			}
			if len(c.Kept) > 0 {
				expectKept(t, item, c.Kept)
			}
		})
	}
}

func TestTheProducerSendsWhatIsTaken(t *testing.T) {
	t.Parallel()
	for _, c := range messageCases(t) {
		if _, err := producer.JSON(c.message(t)); err != nil && (c.Verdict == "ok" || c.Verdict == "legacy") {
			t.Errorf("%s %s: the verdict is %s, and the producer refuses it: %v", c.Rule, c.Case, c.Verdict, err)
		}
	}
}

func messageCases(t *testing.T) []messageCase {
	t.Helper()
	file, err := os.Open("testdata/messages.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var cases []messageCase
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var c messageCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		cases = append(cases, c)
	}
	return cases
}

func verdict(item ingest.Item, err error) string {
	var f *fault.Error
	switch {
	case err == nil && item.Kind == ingest.KindUnknown:
		return "dropped"
	case errors.As(err, &f) && f.Reason == ingest.ReasonMalformed:
		return "malformed"
	case errors.As(err, &f) && f.Kind == fault.Invalid:
		return "invalid " + f.Violations[0].Field
	case err != nil:
		return err.Error()
	case item.Event != nil && item.Event.ByLegacy:
		return "legacy"
	default:
		return "ok"
	}
}

// expectKept compares some of what is kept of an item, by their paths. What is not there is nil.
func expectKept(t *testing.T, item ingest.Item, want map[string]any) {
	t.Helper()
	item.Finish(scrub.New(nil))
	kept := map[string]any{}
	if o := item.Occurrence; o != nil {
		content, err := o.Encode()
		if err != nil {
			t.Fatal(err)
		}
		occurrence := decoded(t, content)
		occurrence["level"] = o.Level.String()
		occurrence["id"], occurrence["event_id"] = item.ID.String(), item.EventID().String() // of the row
		occurrence["detection_time"] = item.Time.Format(time.RFC3339Nano)
		kept["occurrence"] = occurrence
	}
	if item.Event != nil && !item.Event.Light {
		event, err := ingest.RestoreEvent(item.Event.Body, item.EventID(), &item.Occurrence.Title)
		if err != nil {
			t.Fatal(err)
		}
		kept["event"] = decoded(t, event)
	}
	if change := item.StatusChange; change != nil {
		id := item.ID.String()
		if item.ID == ingest.RecordID("topic", 0, 1) {
			id = "RECORD"
		}
		kept["status_change"] = map[string]any{
			"id": id, "hash": change.Hash, "status": float64(change.Status), "substatus": float64(change.Substatus),
		}
	}
	got := map[string]any{}
	for path := range want {
		part, name, nested := strings.Cut(path, ".")
		got[path] = kept[part]
		if object, ok := kept[part].(map[string]any); nested {
			if !ok {
				t.Fatalf("nothing is kept in %q", part)
			}
			got[path] = object[name]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func decoded(t *testing.T, content []byte) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(content, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

func (c messageCase) message(t testing.TB) []byte {
	t.Helper()
	if c.Raw != nil {
		return []byte(*c.Raw)
	}
	message := readBases(t)[c.Base]
	for _, path := range c.Remove {
		object, key := descend(t, message, path)
		delete(object, key)
	}
	for path, value := range c.Set {
		object, key := descend(t, message, path)
		object[key] = value
	}
	content, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func descend(t testing.TB, object map[string]any, path string) (map[string]any, string) {
	t.Helper()
	outer, inner, nested := strings.Cut(path, ".")
	if !nested {
		return object, path
	}
	below, ok := object[outer].(map[string]any)
	if !ok {
		t.Fatalf("the base has no object %q", outer)
	}
	return below, inner
}

func readBases(t testing.TB) map[string]map[string]any {
	t.Helper()
	content, err := os.ReadFile("testdata/bases.json")
	if err != nil {
		t.Fatal(err)
	}
	var bases map[string]map[string]any
	if err := json.Unmarshal(content, &bases); err != nil {
		t.Fatal(err)
	}
	return bases
}

func TestAMonitorFailureIsReadWhole(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/monitor-failure.json")
	if err != nil {
		t.Fatal(err)
	}
	item, err := ingest.ReadMessage(content, ingest.ID{}, received)
	if err != nil {
		t.Fatal(err)
	}
	item.Finish(scrub.New(nil))
	detected := time.Date(2026, 11, 22, 22, 43, 1, 100_000_000, time.UTC)
	id, _ := ingest.ParseID(strings.Repeat("a", 32))
	eventID, _ := ingest.ParseID(strings.Repeat("b", 32))
	want := ingest.Occurrence{
		ID: id, ProjectID: 1, EventID: eventID, Fingerprint: []string{ingest.HashPart(strings.Repeat("c", 32))},
		Title: "Monitor failure: poll_service", Subtitle: "Your monitor has reached its failure threshold.",
		EvidenceData: map[string]any{}, EvidenceDisplay: []ingest.Evidence{
			{Name: "Failure reason", Value: "A missed check-in was detected", Important: true},
			{Name: "Environment", Value: "us"},
			{Name: "Last successful check-in", Value: "Never"},
		},
		Type: 4001, DetectionTime: detected, Level: issue.ErrorLevel, InitialPriority: issue.High,
	}
	if diff := cmp.Diff(want, *item.Occurrence, cmpopts.IgnoreUnexported(ingest.Occurrence{})); diff != "" {
		t.Error(diff)
	}
	wantEvent := ingest.SearchableEvent{
		Time: detected, Platform: "other", Level: issue.ErrorLevel, Environment: "us", Tags: []ingest.Tag{
			{Key: "monitor.id", Value: "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"},
			{Key: "monitor.incident", Value: "12345"},
			{Key: "monitor.slug", Value: "poll_service"},
		},
	}
	if diff := cmp.Diff(wantEvent, item.Event.Searchable); diff != "" {
		t.Error(diff)
	}
	if !item.Time.Equal(detected) {
		t.Errorf("item time %s, want the detection time %s", item.Time, detected)
	}
}
