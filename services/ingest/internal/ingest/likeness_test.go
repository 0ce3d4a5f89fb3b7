package ingest_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/scrub"
)

// What differs from event to event of an issue does not tell them apart; what they are of does.
func TestErrorEventsAreAlikeWhoseErrorsAre(t *testing.T) {
	t.Parallel()
	likeness := func(user int, kind, function string) string {
		t.Helper()
		event, err := ingest.DecodeObject(fmt.Appendf(nil, `{"timestamp": %d, "platform": "python", "user": {"id": "%d"}, "tags": {"n": "%d"},
			"exception": {"values": [{"type": %q, "value": "no key", "stacktrace": {"frames": [{"function": %q, "lineno": %d}]}}]}}`,
			received.Unix()-int64(user), user, user, kind, function, user))
		if err != nil {
			t.Fatal(err)
		}
		item, err := ingest.ErrorEventDraft{ProjectID: 1, EventID: uuid.NewString(), Event: event}.Item(received)
		if err != nil {
			t.Fatal(err)
		}
		item.Finish(scrub.New(nil))
		return item.Likeness()
	}
	one := likeness(1, "KeyError", "charge")
	if another := likeness(2, "KeyError", "charge"); another != one {
		t.Errorf("%q and %q", one, another)
	}
	for _, other := range []string{likeness(1, "ValueError", "charge"), likeness(1, "KeyError", "refund")} {
		if other == one {
			t.Errorf("another error is %q too", one)
		}
	}
}
