package ingest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/scrub"
)

// FuzzReadMessage holds that any bytes are either refused with a reason that can be stored, or make an item that can
// be stored, within the limits, and that reads the same again.
func FuzzReadMessage(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		item, err := ingest.ReadMessage(value, ingest.RecordID("topic", 0, 1), received)
		if err != nil {
			if !utf8.ValidString(err.Error()) || strings.ContainsRune(err.Error(), 0) {
				t.Errorf("the reason %q cannot be stored", err)
			}
			return
		}
		item.Finish(scrub.New(nil))
		if item.Kind != ingest.KindUnknown && item.ProjectID <= 0 {
			t.Errorf("the item is of project %d", item.ProjectID)
		}
		if item.Occurrence != nil {
			checkOccurrence(t, item)
		}
	})
}

func checkOccurrence(t *testing.T, item ingest.Item) {
	t.Helper()
	o := item.Occurrence
	if n := utf8.RuneCountInString(o.Title); n > ingest.MaxTitle || strings.ContainsRune(o.Title, 0) {
		t.Errorf("title %q", o.Title)
	}
	if len(o.Fingerprint) == 0 || len(o.Fingerprint) > ingest.MaxFingerprintParts || len(o.EvidenceDisplay) > ingest.MaxEvidence {
		t.Errorf("%d parts, %d lines", len(o.Fingerprint), len(o.EvidenceDisplay))
	}
	encoded, err := o.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var again ingest.Occurrence
	if err := json.Unmarshal(encoded, &again); err != nil {
		t.Fatalf("%s: %v", encoded, err)
	}
	if item.Event == nil || item.Event.Light {
		return
	}
	if !utf8.Valid(item.Event.Body) {
		t.Errorf("body %q", item.Event.Body)
	}
	if _, err := ingest.ReadEvent(item.Event.Body, o.Level); err != nil {
		t.Fatalf("%s: %v", item.Event.Body, err)
	}
	event, err := ingest.RestoreEvent(item.Event.Body, item.EventID(), &o.Title)
	if err != nil {
		t.Fatalf("%s: %v", item.Event.Body, err)
	}
	if whole, _ := standardDecode(event); whole["event_id"] != o.EventID.String() || !reflect.DeepEqual(whole["metadata"], map[string]any{"title": o.Title}) {
		t.Errorf("%s, of %s", event, item.Event.Body)
	}
	tree, _ := standardDecode(item.Event.Body)
	if again, err := ingest.DecodeObject(item.Event.Body); err != nil || !reflect.DeepEqual(again, tree) {
		t.Errorf("%s: %v, %v and not %v", item.Event.Body, err, again, tree)
	}
	if len(item.Event.Searchable.Tags) > ingest.MaxTags {
		t.Errorf("%d tags", len(item.Event.Searchable.Tags))
	}
}

// FuzzDecodeObject holds that the decoder takes the objects that encoding/json takes, as far as they are no deeper than
// the limit, and reads
// the same in them.
func FuzzDecodeObject(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		got, err := ingest.DecodeObject(value)
		want, valid := standardDecode(value)
		switch {
		case err == nil && !valid:
			t.Errorf("%q is taken", value)
		case err == nil && depth(got) > ingest.MaxDepth:
			t.Errorf("%d levels", depth(got))
		case err != nil && valid && !isDeep(value):
			t.Errorf("%q is refused: %v", value, err)
		}
		if err == nil && !bytes.Contains(value, []byte(`\u0000`)) && !reflect.DeepEqual(got, want) {
			t.Errorf("%v, not %v", got, want)
		}
	})
}

func standardDecode(value []byte) (object map[string]any, valid bool) {
	if !json.Valid(value) {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	return object, decoder.Decode(&object) == nil && object != nil
}

// isDeep counts brackets, also those in texts.
func isDeep(value []byte) bool {
	return bytes.Count(value, []byte("{"))+bytes.Count(value, []byte("[")) > ingest.MaxDepth
}

func depth(value any) int {
	deepest := 0
	switch v := value.(type) {
	case map[string]any:
		for _, element := range v {
			deepest = max(deepest, depth(element))
		}
	case []any:
		for _, element := range v {
			deepest = max(deepest, depth(element))
		}
	default:
		return 0
	}
	return deepest + 1
}

func seeds(f *testing.F) [][]byte {
	f.Helper()
	bombs := []string{
		`{"a": ` + strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 20_000), `{"a": "` + strings.Repeat(`\u0000`, 2_000) + `"}`,
		`{"detection_time": 1e999999999}`, `{"project_id": ` + strings.Repeat("9", 5_000) + `}`,
		`{"event": {"tags": [` + strings.Repeat(`["a","b"],`, 2_000) + `["a","b"]]}}`,
		`{"a": "-----BEGIN PRIVATE KEY-----", "b": "4111 1111 1111 1111", "c": "password=x token=y://z:w@"}`,
	}
	var all [][]byte
	for _, bomb := range bombs {
		all = append(all, []byte(bomb))
	}
	file, err := os.Open("testdata/messages.ndjson")
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var c messageCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			f.Fatal(err)
		}
		all = append(all, c.message(f))
	}
	return all
}
