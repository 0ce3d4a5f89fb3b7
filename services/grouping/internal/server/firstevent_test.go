package server_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
)

const (
	// What events are stored to say themselves, and what they are read to have said.
	storedTexts = `
SELECT coalesce(encode(hash, 'hex'), '-'), coalesce(culprit, '-'), coalesce(transaction, '-'), coalesce(platform, '-'), coalesce(dist, '-'),
       coalesce(sdk_name, '-'), coalesce(sdk_version, '-'), coalesce(encode(span, 'hex'), '-'), item_time IS NULL FROM event_index WHERE project_id = 1 ORDER BY seen_time`
	readTexts = `
SELECT encode(hash, 'hex'), culprit, transaction, platform, dist, sdk_name, sdk_version, span_id, item_time = e.seen_time
FROM grouping_read.events e JOIN grouping_read.event_hashes h ON h.item_id = e.item_id AND h.project_id = e.project_id ORDER BY e.seen_time`
)

// says makes an item of part a that was seen some minutes ago and says the same of all that is compared with the first event.
func says(minutes int, text, span string) *groupingv1.Item {
	item := occurrence(now.Add(-time.Duration(minutes)*time.Minute), "a")
	o := item.GetOccurrence()
	o.Type = 1
	o.Culprit, o.Event.Transaction, o.Event.Platform, o.Event.Dist = text, text, text, text
	o.Event.SdkName, o.Event.SdkVersion, o.Event.SpanId = text, text, span
	return item
}

func TestAnEventIsStoredAsWhatDiffersFromTheFirst(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, lotsOfIssues())
	other := says(5, "that", "b7ad6b7169203331")
	other.ItemTime = occurrence(now.Add(-time.Hour), "").GetItemTime()
	// Of one batch, of a group that was made in it, and of one that there is.
	j := r.judge(t, says(9, "this", "00f067aa0ba902b7"), says(8, "this", ""))
	r.judge(t, says(7, "this", ""), says(6, "", "b7ad6b7169203331"), other)

	const a = "0cc175b9c0f1b6a831c399e269772661" // md5 of the part
	if diff := cmp.Diff([]string{
		"- - - - - - - 00f067aa0ba902b7 true",
		"- - - - - - - - true",
		"- - - - - - - - true",
		"-       b7ad6b7169203331 true",
		"- that that that that that that b7ad6b7169203331 false",
	}, rowsOf(t, in.pool(t), storedTexts)); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	read := []string{
		a + " this this this this this this 00f067aa0ba902b7 true",
		a + " this this this this this this  true",
		a + " this this this this this this  true",
		a + "       b7ad6b7169203331 true",
		a + " that that that that that that b7ad6b7169203331 false",
	}
	if diff := cmp.Diff(read, in.numbers(t, readTexts)); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}

	// An event that leaves its issue says all itself.
	var b int64
	for hours := range 6 {
		b = r.judge(t, mishap(6-hours, "", "b"))[0].GetGroupId()
	}
	r.merge(t, b, j[0].GetGroupId())
	r.sweep(t)
	read = append(slices.Repeat([]string{"92eb5ffee6ae2fec3ad71c777531578f        true"}, 6), read...)
	if diff := cmp.Diff(read, in.numbers(t, readTexts)); diff != "" {
		t.Errorf("after a merge (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(a+" this this this this this this - true", rowsOf(t, in.pool(t), storedTexts)[7]); diff != "" {
		t.Error(diff)
	}
	// And one that comes to where another first event was is compared with that.
	r.judge(t, says(0, "", ""))
	stored := rowsOf(t, in.pool(t), storedTexts)
	if diff := cmp.Diff(a+" - - - - - - - true", stored[len(stored)-1]); diff != "" {
		t.Error(diff)
	}
	r.unmerge(t, b, "a")
	r.sweep(t)
	if diff := cmp.Diff(append(read, a+"        true"), in.numbers(t, readTexts)); diff != "" {
		t.Errorf("after it was undone (-want +got):\n%s", diff)
	}
}
