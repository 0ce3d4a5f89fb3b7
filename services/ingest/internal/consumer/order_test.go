package consumer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
)

// inProject is a message of another project than the usual one.
func inProject(project int64, fingerprint, title string) string {
	return strings.ReplaceAll(message(fingerprint, title), `"project_id": 1`, fmt.Sprintf(`"project_id": %d`, project))
}

func TestAProjectThatCannotBeJudgedHoldsNoOtherBack(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	d.Grouping.SetLocked(ingesttest.OtherProject, true)
	d.produce(t, "a", inProject(ingesttest.OtherProject, "a", "held 1"), message("a", "one"),
		inProject(ingesttest.OtherProject, "a", "held 2"), message("b", "two"))
	stop := d.consume(t)
	eventually(t, "the other project's are judged", func() bool { return d.titles() == "one two" })
	d.produce(t, "a", message("a", "three"), inProject(ingesttest.OtherProject, "b", "held 3"))
	eventually(t, "the later ones too", func() bool { return d.titles() == "one two three" })
	stop() // would commit what is done
	if n := d.Committed(t); n != 0 {
		t.Fatalf("committed %d, want 0: the first record is not done", n)
	}

	d.consume(t)
	d.Grouping.SetLocked(ingesttest.OtherProject, false)
	eventually(t, "all are committed", func() bool { return d.Committed(t) == 6 })
	titles := strings.Replace(d.titles(), "held 3", "", 1) // of another key: anywhere
	if strings.Join(strings.Fields(titles), " ") != "one two three held 1 held 2" {
		t.Errorf("judged %q, the held ones not in their order or not once", d.titles())
	}
}

func TestManyKeysOfOnePartitionKeepTheirOrderThroughFailures(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	const keys, each = 20, 60
	for i := range each {
		for key := range keys {
			project := []int64{ingesttest.Project, ingesttest.OtherProject}[key%2]
			d.produceAsync(t, inProject(project, fmt.Sprint(key), fmt.Sprintf("%d.%d", key, i)))
		}
	}
	d.consume(t)
	for range 3 {
		judged := len(d.Grouping.Judged())
		eventually(t, "some are judged", func() bool { return len(d.Grouping.Judged()) > judged || judged == keys*each })
		d.Grouping.SetLocked(ingesttest.OtherProject, true)
		d.Grouping.SetDown(true)
		d.Grouping.SetDown(false)
		d.Grouping.SetLocked(ingesttest.OtherProject, false)
	}
	eventually(t, "all are judged and committed", func() bool {
		return len(d.Grouping.Judged()) == keys*each && d.Committed(t) == keys*each
	})
	d.inOrder(t, keys)
}

// inOrder checks titles that are made of a key and a number that counts up.
func (d *door) inOrder(t *testing.T, keys int) {
	t.Helper()
	next := make([]int, keys)
	for _, item := range d.Grouping.Judged() {
		var key, i int
		if _, err := fmt.Sscanf(item.GetOccurrence().GetTitle(), "%d.%d", &key, &i); err != nil || next[key] != i {
			t.Fatalf("%q came when %d was next (%v)", item.GetOccurrence().GetTitle(), next[key], err)
		}
		next[key]++
	}
}

func statusChange(fingerprint string, status, substatus int) string {
	return fmt.Sprintf(`{"payload_type": "status_change", "id": %q, "project_id": 1, "fingerprint": [%q], "new_status": %d,
		"new_substatus": %d}`, hexID(), fingerprint, status, substatus)
}

// mixed are records of two keys, in one partition.
func mixed() []string {
	return []string{
		message("a", "a1"), statusChange("a", 2, 1), statusChange("b", 2, 1), message("a", "a2"), statusChange("a", 2, 4),
		message("b", "b1"), message("a", "a3"),
	}
}

// judgements gives the titles of occurrences and the substatus of status changes, in the order in which they were judged.
func (d *door) judgements() []string {
	var got []string
	for _, item := range d.Grouping.Judged() {
		if change := item.GetStatusChange(); change != nil {
			got = append(got, fmt.Sprintf("%s %v", change.GetNewStatus(), change.GetNewSubstatus()))
			continue
		}
		got = append(got, item.GetOccurrence().GetTitle())
	}
	return got
}

func TestNoStatusChangeIsPrunedUnlessThatIsAskedFor(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	records := mixed()
	for _, value := range records {
		d.produceAsync(t, value)
	}
	d.flush(t)
	d.consume(t)
	eventually(t, "all are committed", func() bool { return d.Committed(t) == int64(len(records)) })
	escalating, met := "STATUS_IGNORED SUBSTATUS_UNTIL_ESCALATING", "STATUS_IGNORED SUBSTATUS_UNTIL_CONDITION_MET"
	if got, want := d.judgements(), []string{"a1", escalating, escalating, "a2", met, "b1", "a3"}; !slices.Equal(got, want) {
		t.Errorf("judged %q, want %q", got, want)
	}
}

func TestPruningKeepsTheLastStatusChangeOfAKeyAndMovesItToTheEnd(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	records := mixed()
	for _, value := range records {
		d.produceAsync(t, value)
	}
	d.flush(t)
	cfg := d.config()
	cfg.PruneStatusChanges = true
	d.consumeAs(t, cfg)
	eventually(t, "all are committed", func() bool { return d.Committed(t) == int64(len(records)) })
	got := d.judgements()
	want := []string{"a1", "a2", "b1", "a3", "STATUS_IGNORED SUBSTATUS_UNTIL_ESCALATING", "STATUS_IGNORED SUBSTATUS_UNTIL_CONDITION_MET"}
	slices.Sort(got[4:])
	slices.Sort(want[4:])
	if !slices.Equal(got, want) {
		t.Errorf("judged %q, want %q", got, want)
	}
}
