package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

// stack is an exception with one frame of the application above one of a library.
func stack(kind, value, function string) map[string]any {
	return map[string]any{"exception": map[string]any{"values": []any{map[string]any{
		"type": kind, "value": value, "stacktrace": map[string]any{"frames": []any{
			map[string]any{"module": "shop.cart", "function": function, "in_app": true},
			map[string]any{"module": "lib.db", "function": "query", "in_app": false},
		}},
	}}}}
}

func errorEvent(t *testing.T, at time.Time, inputs map[string]any) *groupingv1.Item {
	t.Helper()
	hashing, err := structpb.NewStruct(inputs)
	if err != nil {
		t.Fatal(err)
	}
	id := newID()
	return &groupingv1.Item{
		ProjectId: 1, ItemId: id, ItemTime: timestamppb.New(at), ReceivedTime: timestamppb.New(now),
		Kind: &groupingv1.Item_ErrorEvent{ErrorEvent: &groupingv1.ErrorEventItem{
			Event: &issuesv1.Event{
				EventId: id, SeenTime: timestamppb.New(at), Platform: "python", Environment: "production",
				Level: issuesv1.Level_LEVEL_ERROR,
			},
			HashingInputs: hashing,
		}},
	}
}

func (r replica) judge(t *testing.T, items ...*groupingv1.Item) []*groupingv1.Judgement {
	t.Helper()
	resp, err := r.AssignGroups(t.Context(), &groupingv1.AssignGroupsRequest{Items: items})
	if err != nil {
		t.Fatal(err)
	}
	judgements := make([]*groupingv1.Judgement, len(items))
	for i, result := range resp.GetResults() {
		if judgements[i] = result.GetJudgement(); judgements[i] == nil {
			t.Fatalf("item %d: %v", i, result.GetError())
		}
	}
	return judgements
}

func TestErrorEventsWithTheSameStackAreOneIssue(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	again := errorEvent(t, now.Add(-time.Minute), stack("KeyError", "no 'b'", "add"))
	judged := r.judge(t,
		errorEvent(t, now.Add(-2*time.Minute), stack("KeyError", "no 'a'", "add")), again,
		errorEvent(t, now.Add(-time.Minute), stack("KeyError", "no 'a'", "remove")), again)
	if !judged[0].GetIsNew() || judged[1].GetIsNew() || judged[1].GetGroupId() != judged[0].GetGroupId() {
		t.Errorf("the same stack gave %v and %v", judged[0], judged[1])
	}
	if !judged[2].GetIsNew() || judged[2].GetGroupId() == judged[0].GetGroupId() {
		t.Errorf("another stack gave %v beside %v", judged[2], judged[0])
	}
	if !judged[3].GetRepeated() || judged[3].GetGroupId() != judged[0].GetGroupId() {
		t.Errorf("a repeat gave %v", judged[3])
	}

	var row struct {
		Title, Culprit, Type, Function   string
		Kind, Priority, Level, Algorithm int16
		TypeID                           int32
		TimesSeen, Hashes                int64
	}
	err := in.pool(t).QueryRow(t.Context(), `
		SELECT g.title, g.culprit, g.metadata->>'type', g.metadata->>'function', g.priority, g.level, g.type, c.times_seen,
		       (SELECT max(kind) FROM event_index e WHERE e.group_id = g.id),
		       (SELECT min(algorithm) FROM group_hashes h WHERE h.group_id = g.id),
		       (SELECT count(*) FROM group_hashes h WHERE h.group_id = g.id)
		FROM groups g JOIN group_counters c ON c.group_id = g.id WHERE g.id = $1`, judged[0].GetGroupId(),
	).Scan(&row.Title, &row.Culprit, &row.Type, &row.Function, &row.Priority, &row.Level, &row.TypeID, &row.TimesSeen,
		&row.Kind, &row.Algorithm, &row.Hashes)
	if err != nil {
		t.Fatal(err)
	}
	want := row
	want.Title, want.Culprit, want.Type, want.Function = "KeyError: no 'b'", "shop.cart in add", "KeyError", "add"
	want.Priority, want.Level, want.TypeID, want.TimesSeen, want.Kind, want.Algorithm, want.Hashes = 75, 40, 1, 2, 2, 1, 2
	if diff := cmp.Diff(want, row); diff != "" {
		t.Error(diff)
	}
}

// frame gives a frame of the first exception of an event.
func frame(t *testing.T, event map[string]any, number int) map[string]any {
	t.Helper()
	var at any = event
	for _, step := range []any{"exception", "values", 0, "stacktrace", "frames", number} {
		switch step := step.(type) {
		case string:
			object, _ := at.(map[string]any)
			at = object[step]
		case int:
			list, _ := at.([]any)
			at = list[step]
		}
	}
	found, ok := at.(map[string]any)
	if !ok {
		t.Fatalf("the event has no frame %d", number)
	}
	return found
}

func TestTheFirstHashThatHasAnIssueDecides(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	// Without the frame of the application, the event has only the hash of all its frames.
	system := stack("KeyError", "", "add")
	both := stack("KeyError", "", "add")
	frame(t, system, 0)["in_app"] = false
	onlySystem := r.judge(t, errorEvent(t, now, system))[0]
	joined := r.judge(t, errorEvent(t, now, both))[0]
	if joined.GetIsNew() || joined.GetGroupId() != onlySystem.GetGroupId() {
		t.Errorf("%v did not join the issue of its system hash, %v", joined, onlySystem)
	}
	// Its app hash was linked: an event that shares only that one joins too.
	other := stack("KeyError", "", "add")
	frame(t, other, 1)["function"] = "execute"
	if linked := r.judge(t, errorEvent(t, now, other))[0]; linked.GetGroupId() != onlySystem.GetGroupId() {
		t.Errorf("%v did not join by the linked hash", linked)
	}
}

func TestAnErrorEventDoesNotJoinAnIssueOfAnotherCategory(t *testing.T) {
	t.Parallel()
	r := newInstallation(t).replica(t)
	r.project(t, nil)
	r.judge(t, occurrence(now, "monitor-1"))
	item := errorEvent(t, now, map[string]any{"message": "down"})
	item.GetErrorEvent().Fingerprint = []string{"monitor-1"}
	if got := r.judge(t, item)[0].GetOutcome(); got != issuesv1.Outcome_OUTCOME_DROPPED_CATEGORY_MISMATCH {
		t.Errorf("the outcome is %v", got)
	}
}

func TestErrorEventsKnowNoQuota(t *testing.T) {
	t.Parallel()
	r := newInstallation(t).replica(t)
	none := int32(0)
	r.project(t, &groupingv1.ProjectSettings{CreationQuotaPerHour: &none})
	for _, name := range strings.Fields("a b c d e f g h") {
		if judged := r.judge(t, errorEvent(t, now, stack("E", "", name)))[0]; !judged.GetIsNew() {
			t.Errorf("%s: %v", name, judged)
		}
	}
}

func TestHashesAreExplained(t *testing.T) {
	t.Parallel()
	r := newInstallation(t).replica(t)
	r.project(t, &groupingv1.ProjectSettings{
		FingerprintRules: "# carts\ntype:KeyError -> cart, {{ default }} title=\"Cart: {{ type }}\"",
		StackRules:       "function:query -group",
	})
	item := errorEvent(t, now, stack("KeyError", "no 12", "add"))
	item.GetErrorEvent().Fingerprint = []string{"mine"}
	resp, err := r.ComputeHashes(t.Context(), &groupingv1.ComputeHashesRequest{ProjectId: 1, Event: item.GetErrorEvent()})
	if err != nil {
		t.Fatal(err)
	}
	if resp.GetFingerprintRule().GetLine() != 2 || resp.GetClientFingerprint()[0] != "mine" || resp.GetTitle() != "Cart: KeyError" {
		t.Errorf("the rule, fingerprint or title is missing in %v", resp)
	}
	// -group leaves only the application's frame in both variants.
	if len(resp.GetHashes()) != 1 || resp.GetHashes()[0].GetVariant() != "system" ||
		cmp.Diff([]string{"cart", "shop.cart", "add", "KeyError"}, resp.GetHashes()[0].GetComponents()) != "" {
		t.Errorf("the hashes are %v", resp.GetHashes())
	}
	var said []string
	for _, variant := range resp.GetVariants() {
		for _, c := range variant.GetComponents() {
			if c.GetStackRule() != nil || len(c.GetTokens()) > 0 {
				said = append(said, variant.GetVariant()+" "+c.GetId()+" "+c.GetStackRule().GetText())
			}
		}
	}
	want := []string{"app value ", "system frame function:query -group", "system value "}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
}

// A salt is a fingerprint that is hashed with the components. The default alone is none: the components are hashed as they are.
func TestTheDefaultFingerprintAloneIsNoSalt(t *testing.T) {
	t.Parallel()
	r := newInstallation(t).replica(t)
	r.project(t, &groupingv1.ProjectSettings{StackRules: "function:query -group"}) // so that `app` has no hash of its own
	for _, c := range []struct{ fingerprint, salt, hashed []string }{
		{nil, nil, []string{"shop.cart", "add", "KeyError"}},
		{[]string{"{{ default }}"}, nil, []string{"shop.cart", "add", "KeyError"}},
		{[]string{"{{default}}"}, nil, []string{"shop.cart", "add", "KeyError"}},
		{[]string{"cart", "{{ default }}"}, []string{"cart", "{{ default }}"}, []string{"cart", "shop.cart", "add", "KeyError"}},
		{[]string{"{{ default }}", ""}, []string{"{{ default }}", ""}, []string{"shop.cart", "add", "KeyError", ""}},
	} {
		item := errorEvent(t, now, stack("KeyError", "no 12", "add"))
		item.GetErrorEvent().Fingerprint = c.fingerprint
		resp, err := r.ComputeHashes(t.Context(), &groupingv1.ComputeHashesRequest{ProjectId: 1, Event: item.GetErrorEvent()})
		if err != nil || len(resp.GetHashes()) != 1 {
			t.Fatalf("%v: %v, %v", c.fingerprint, resp, err)
		}
		if diff := cmp.Diff(c.hashed, resp.GetHashes()[0].GetComponents()); diff != "" {
			t.Errorf("%v: %s", c.fingerprint, diff)
		}
		var variants int
		for _, variant := range resp.GetVariants() {
			want := c.salt
			if variants++; !variant.GetContributes() {
				want = nil
			}
			if diff := cmp.Diff(want, variant.GetSalt()); diff != "" {
				t.Errorf("%v: the salt of %s: %s", c.fingerprint, variant.GetVariant(), diff)
			}
		}
		if variants != 2 {
			t.Errorf("%v: %d variants, want app and system", c.fingerprint, variants)
		}
	}
}

func TestRulesThatCannotBeReadAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	r := newInstallation(t).replica(t)
	r.project(t, nil)
	_, err := r.UpdateProject(t.Context(), &groupingv1.UpdateProjectRequest{
		Project:    &groupingv1.Project{Id: 1, Settings: &groupingv1.ProjectSettings{StackRules: "module:a -app\nmodul:b -app"}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"settings.stack_rules"}},
	})
	if status.Code(err) != codes.InvalidArgument || !strings.Contains(status.Convert(err).Message()+
		status.Convert(err).Proto().String(), "line 2, column 1: unknown matcher modul") {
		t.Errorf("got %v", err)
	}
}

func TestChecksumsInCapitalsAreOnesOfTheirOwn(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	of := func(checksum string) *groupingv1.Item {
		item := errorEvent(t, now, map[string]any{"message": "m"})
		item.GetErrorEvent().Checksum = checksum
		return item
	}
	const small, capitals = "0751007cd28df267e8e051b51f918c60", "0751007CD28DF267E8E051B51F918C60"
	judged := r.judge(t, of(small), of(capitals), of(small), of(capitals))
	if judged[0].GetGroupId() == judged[1].GetGroupId() || judged[0].GetGroupId() != judged[2].GetGroupId() || judged[1].GetGroupId() != judged[3].GetGroupId() {
		t.Errorf("judged %v", judged)
	}
}
