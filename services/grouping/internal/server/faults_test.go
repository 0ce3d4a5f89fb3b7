package server_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
)

func TestAMissingPartitionIsMadeAgain(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	judgement(t, r.assign(t, occurrence(now, "a"))[0])
	monday := now.Truncate(7 * 24 * time.Hour)
	for _, table := range []string{"judged_items", "event_index"} {
		if _, err := in.pool(t).Exec(t.Context(), "DROP TABLE "+table+"_p"+monday.Format("20060102")); err != nil {
			t.Fatal(err)
		}
	}
	for _, result := range r.assign(t, occurrence(now, "a"), occurrence(now, "b")) {
		judgement(t, result)
	}
}

func TestWhatIsNoItemsFaultIsUnavailable(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	rename := func(from, to string) {
		if _, err := in.pool(t).Exec(t.Context(), "ALTER TABLE "+from+" RENAME TO "+to); err != nil {
			t.Fatal(err)
		}
	}
	items := []*groupingv1.Item{occurrence(now, "a"), occurrence(now, "b")}
	rename("group_environments", "not_migrated_yet")
	for i, result := range r.assign(t, items...) {
		if code := codes.Code(result.GetError().GetCode()); code != codes.Unavailable {
			t.Errorf("item %d: %v", i, result)
		}
	}
	rename("not_migrated_yet", "group_environments")
	for _, result := range r.assign(t, items...) {
		if j := judgement(t, result); !j.GetIsNew() || j.GetRepeated() {
			t.Errorf("sent again: %v", j)
		}
	}
}
