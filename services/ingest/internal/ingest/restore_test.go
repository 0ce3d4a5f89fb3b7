package ingest

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestAStoredEventIsReadAsItCame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.OneOf(rapid.Map(rapid.String(), cleanText), rapid.SampledFrom([]string{"event_i", "event_id", "event_id ", "f", "metadata", "n", `"`, "\u2028"}))
		object := rapid.MapOfN(texts, rapid.OneOf(
			rapid.Just[any](nil), rapid.Map(texts, func(s string) any { return s }),
			rapid.Map(rapid.MapOf(texts, texts), func(m map[string]string) any {
				nested := map[string]any{}
				for name, value := range m {
					nested[name] = []any{value, map[string]any{name: value}}
				}
				return nested
			})), 0, 8).Draw(t, "event")
		id, title := ID(bytes.Repeat([]byte{7}, 16)), texts.Draw(t, "title")
		var ofOccurrence *string
		object["event_id"] = id.String()
		if rapid.Bool().Draw(t, "of an occurrence") {
			ofOccurrence, object["metadata"] = &title, map[string]any{"title": title}
		}
		whole := appendTree(nil, object)
		delete(object, "event_id")
		if ofOccurrence != nil {
			delete(object, "metadata")
		}
		for _, stored := range [][]byte{whole, appendTree(nil, object)} { // before, and now
			if got, err := RestoreEvent(stored, id, ofOccurrence); err != nil || !bytes.Equal(got, whole) {
				t.Fatalf("%s, %v, of %s, not %s", got, err, stored, whole)
			}
		}
	})
}

func TestWhatIsNoStoredEventIsNotRestored(t *testing.T) {
	t.Parallel()
	for _, stored := range []string{``, `[]`, `{"a`, `{"a"}`, `{"a":`, `{"a":1,"b":x}`} {
		if event, err := RestoreEvent([]byte(stored), ID{}, nil); err == nil {
			t.Errorf("%s became %s", stored, event)
		}
	}
}
