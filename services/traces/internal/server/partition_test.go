package server_test

import (
	"strings"
	"testing"
	"time"
)

func TestSpansOfAnyAcceptedWeekFindTheirPartition(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const day = 24 * 60 * 60
	h.export(t, of(1, span('a', 'a', 89*day), span('a', 'b', 40*day), span('a', 'c', 0), span('a', 'd', -day+2)))
	if got := h.spanCount(t, 1, 'a'); got != 4 {
		t.Errorf("%d spans, want 4", got)
	}
}

func TestAPartitionThatAnotherProcessDroppedIsMadeAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.export(t, of(1, span('a', 'a', 60)))
	h.dropPartitions(t)
	h.export(t, of(1, span('a', 'b', 60)))
	if got := h.spanCount(t, 1, 'a'); got != 1 {
		t.Errorf("%d spans, want the later one", got)
	}
}

func TestBelowTheFloorASpanIsTooOld(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if _, err := h.pool.Exec(t.Context(), `INSERT INTO partition_floors VALUES ('span_blocks', $1)`, now.Add(-14*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	resp, err := h.Export(t.Context(), of(1, span('a', 'a', 60*24*60*60), span('a', 'b', 60)))
	if err != nil {
		t.Fatal(err)
	}
	partial := resp.GetPartialSuccess()
	if partial.GetRejectedSpans() != 1 || !strings.Contains(partial.GetErrorMessage(), "too_old") {
		t.Errorf("rejected %v", partial)
	}
	if got := h.spanCount(t, 1, 'a'); got != 1 {
		t.Errorf("%d spans, want the younger one", got)
	}
}

func (h *house) dropPartitions(t *testing.T) {
	t.Helper()
	const drop = `DO $$ DECLARE child regclass; BEGIN
		FOR child IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'span_blocks'::regclass LOOP
			EXECUTE format('DROP TABLE %s', child);
		END LOOP; END $$`
	if _, err := h.pool.Exec(t.Context(), drop); err != nil {
		t.Fatal(err)
	}
}
