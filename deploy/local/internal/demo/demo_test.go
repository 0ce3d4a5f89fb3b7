package demo

import (
	"testing"
	"time"

	"github.com/picket-io/picket/pkg/grpcserver"
)

var anchor = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

func TestTheSampleIsValidAndInOrder(t *testing.T) {
	t.Parallel()
	messages, err := stream(anchor, ProjectID)
	if err != nil {
		t.Fatal(err)
	}
	if len(messages) < 48 {
		t.Errorf("the sample has %d messages, want dozens", len(messages))
	}
	for i, m := range messages {
		if m.at.After(anchor) || i > 0 && m.at.Before(messages[i-1].at) {
			t.Errorf("message %d is at %v, after %v", i, m.at, messages[max(0, i-1)].at)
		}
		if m.change != nil {
			err = grpcserver.Validate(m.change)
		} else {
			err = grpcserver.Validate(m.occurrence)
		}
		if err != nil {
			t.Errorf("message %d: %v", i, err)
		}
	}
	if _, err := exports(anchor); err != nil {
		t.Error(err)
	}
}

func TestTheAnchorIsKeptForADay(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/anchor"
	for _, step := range []struct{ now, want time.Time }{
		{anchor, anchor},
		{anchor.Add(time.Hour), anchor},
		{anchor.Add(25 * time.Hour), anchor.Add(25 * time.Hour)},
	} {
		if got, err := anchorOf(path, step.now); err != nil || !got.Equal(step.want) {
			t.Errorf("at %v the sample is at %v: %v", step.now, got, err)
		}
	}
}
