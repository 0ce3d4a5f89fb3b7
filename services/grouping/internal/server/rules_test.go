package server_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/testing/protocmp"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
)

func (r replica) set(t *testing.T, settings *groupingv1.ProjectSettings, paths ...string) (*groupingv1.ProjectSettings, error) {
	t.Helper()
	resp, err := r.UpdateProject(t.Context(), &groupingv1.UpdateProjectRequest{
		Project: &groupingv1.Project{Id: 1, Settings: settings}, UpdateMask: mask(paths...),
	})
	return resp.GetProject().GetSettings(), err
}

func rulesOf(t *testing.T, text string) *groupingv1.ProjectSettings {
	t.Helper()
	settings := &groupingv1.ProjectSettings{}
	if err := prototext.Unmarshal([]byte(text), settings); err != nil {
		t.Fatal(err)
	}
	return settings
}

const typedRules = `
	typed_fingerprint_rules {
		matchers {name: "type" pattern: "Key Error"}
		matchers {name: "tags.area" pattern: "a\"b\\c" negated: true}
		fingerprint: "{{ default }}" fingerprint: "x, y" fingerprint: "" fingerprint: "#1"
		title: "T \"{{ type }}\""
	}
	typed_fingerprint_rules { matchers {name: "tags.an area" pattern: ""} fingerprint: "a" }
	typed_stack_rules {
		caller {name: "module" pattern: "c"}
		matchers {name: "path" pattern: "**/my lib/**"} matchers {name: "function" pattern: "f]" negated: true}
		callee {name: "function" pattern: "#"}
		actions {flag {name: "app"}} actions {flag {name: "group" on: true range: FRAME_RANGE_LATER}}
		actions {flag {name: "prefix" range: FRAME_RANGE_EARLIER}} actions {variable {name: "max-frames" value: "3"}}
	}`

const textOfTypedRules = `type:"Key Error" !tags.area:"a\"b\\c" -> {{ default }}, "x, y", "", "#1" title="T \"{{ type }}\""
"tags.an area":"" -> a
`

const textOfTypedStackRules = `[ module:c ] | path:"**/my lib/**" !function:f] | [ function:# ] -app ^+group v-prefix max-frames=3
`

func TestRulesAreTextAndMessages(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, rulesOf(t, typedRules))
	resp, err := r.GetProject(t.Context(), &groupingv1.GetProjectRequest{ProjectId: 1})
	if err != nil {
		t.Fatal(err)
	}
	got := resp.GetProject().GetSettings()
	want := rulesOf(t, typedRules)
	want.FingerprintRules, want.StackRules, want.HashAlgorithm = textOfTypedRules, textOfTypedStackRules, got.GetHashAlgorithm()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}

	// A text with comments stays what it is as long as the messages say the same.
	commented := "# why\n" + textOfTypedRules
	settings := rulesOf(t, typedRules)
	settings.FingerprintRules = commented
	got, err = r.set(t, settings, "settings.fingerprint_rules", "settings.typed_fingerprint_rules")
	if err != nil || got.GetFingerprintRules() != commented {
		t.Errorf("the text is %q: %v", got.GetFingerprintRules(), err)
	}
	// What was read and is written back with a change on either side is that change.
	got.TypedFingerprintRules = got.GetTypedFingerprintRules()[1:]
	changed, err := r.set(t, got, "settings")
	if err != nil || changed.GetFingerprintRules() != strings.SplitAfterN(textOfTypedRules, "\n", 2)[1] {
		t.Errorf("a change of messages gives %q: %v", changed.GetFingerprintRules(), err)
	}
	changed.FingerprintRules = "type:A -> a"
	changed, err = r.set(t, changed, "settings")
	if err != nil || changed.GetFingerprintRules() != "type:A -> a" || changed.GetTypedFingerprintRules()[0].GetFingerprint()[0] != "a" {
		t.Errorf("a change of the text gives %v: %v", changed, err)
	}
	changed.FingerprintRules, changed.TypedFingerprintRules[0].Fingerprint = "type:B -> b", []string{"c"}
	if _, err = r.set(t, changed, "settings"); status.Code(err) != codes.InvalidArgument {
		t.Errorf("two changes: %v", err)
	}
	if changed, err = r.set(t, &groupingv1.ProjectSettings{}, "settings.typed_fingerprint_rules"); err != nil || changed.GetFingerprintRules() != "" {
		t.Errorf("taking all rules away leaves %q: %v", changed.GetFingerprintRules(), err)
	}
}

func TestRulesThatCannotBeReadAreNamed(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	for _, tc := range []struct{ settings, field, says string }{
		{`fingerprint_rules: "type:A -> a\nwhat:A -> b"`, "project.settings.fingerprint_rules", "line 2, column 1: unknown matcher what"},
		{`stack_rules: "function:a -foo"`, "project.settings.stack_rules", "line 1, column 12: unknown action"},
		{`typed_fingerprint_rules {matchers {name: "type" pattern: "A"} fingerprint: "a"}
		  typed_fingerprint_rules {matchers {name: "what" pattern: "A"} fingerprint: "a"}`, "project.settings.typed_fingerprint_rules[1]", "unknown matcher what"},
		{`typed_fingerprint_rules {matchers {name: "type" pattern: "A\nB"} fingerprint: "a"}`, "project.settings.typed_fingerprint_rules[0]", "line break"},
		{`typed_stack_rules {matchers {name: "app" pattern: "maybe"} actions {flag {name: "app"}}}`, "project.settings.typed_stack_rules[0]", "app takes yes or no"},
		{
			`typed_stack_rules {matchers {name: "app" pattern: "yes"} actions {variable {name: "category" value: "a -app"}}}`,
			"project.settings.typed_stack_rules[0].actions[0].variable.value", "pattern",
		},
		{`typed_stack_rules {matchers {name: "app" pattern: "yes"}}`, "project.settings.typed_stack_rules[0].actions", "1"},
	} {
		_, err := r.set(t, rulesOf(t, tc.settings), "settings")
		if v := violations(err); len(v) != 1 || v[0].GetField() != tc.field || !strings.Contains(v[0].GetDescription(), tc.says) {
			t.Errorf("%s: %v", tc.settings, v)
		}
	}
}
