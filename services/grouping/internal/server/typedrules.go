package server

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/grouping/internal/fingerprintrules"
	"github.com/picket-io/picket/services/grouping/internal/stackrules"
)

const maxRules = 65536 // bytes, as of the fields of the texts

// keepRulesAsText turns the messages of rules into their text, where they are what the caller means, and clears them. Rules
// are kept as text, which has comments, and which a newer version may have written.
func keepRulesAsText(settings, current *groupingv1.ProjectSettings) (err error) {
	settings.FingerprintRules, err = textOf("fingerprint_rules", settings.GetFingerprintRules(), current.GetFingerprintRules(),
		written(settings.GetTypedFingerprintRules(), fingerprintRuleText), canonicalFingerprintRules)
	if err != nil {
		return err
	}
	settings.StackRules, err = textOf("stack_rules", settings.GetStackRules(), current.GetStackRules(),
		written(settings.GetTypedStackRules(), stackRuleText), canonicalStackRules)
	settings.TypedFingerprintRules, settings.TypedStackRules = nil, nil
	return err
}

func written[M any](rules []M, write func(M) string) []string {
	lines := make([]string, len(rules))
	for i, rule := range rules {
		lines[i] = write(rule)
	}
	return lines
}

// textOf decides between a text and messages, as lines, that were given with it. Those that say the same go with the text
// and its comments; otherwise what is not as it was is the change.
func textOf(field, text, current string, typed []string, canonical func(string) (string, error)) (string, error) {
	if len(typed) == 0 {
		return text, nil
	}
	for i, line := range typed {
		at := fmt.Sprintf("settings.typed_%s[%d]", field, i)
		if strings.ContainsAny(line, "\r\n\x00") {
			return "", fault.InvalidField(at, "has a line break, which no rule can have")
		}
		if _, err := canonical(line); err != nil {
			return "", fault.InvalidField(at, "written as %s it has an error: %s", line, err)
		}
	}
	fromTyped := strings.Join(typed, "\n") + "\n"
	if len(fromTyped) > maxRules {
		return "", fault.InvalidField("settings.typed_"+field, "is %d bytes as text; at most %d are kept", len(fromTyped), maxRules)
	}
	meant, err := canonical(fromTyped)
	if err != nil {
		return "", err
	}
	said, err := canonical(text)
	before, _ := canonical(current) // one that cannot be read is no message's
	switch {
	case text == "", err == nil && text == current:
		if said == meant {
			return text, nil
		}
		return fromTyped, nil
	case err != nil, said == meant, before == meant: // an error is told when the text is checked
		return text, nil
	default:
		return "", fault.InvalidField("settings."+field, "differs from settings.typed_%s; give one of them", field)
	}
}

func canonicalFingerprintRules(text string) (string, error) {
	rules, err := fingerprintrules.Parse(text)
	var out strings.Builder
	for i := range rules {
		out.WriteString(rules[i].String() + "\n")
	}
	return out.String(), err
}

func canonicalStackRules(text string) (string, error) {
	rules, err := stackrules.Parse(text)
	var out strings.Builder
	for i := range rules {
		out.WriteString(rules[i].String() + "\n")
	}
	return out.String(), err
}

// withTypedRules gives settings with the messages of their rules. A text that cannot be read, such as that of a newer
// version, has none.
func withTypedRules(settings *groupingv1.ProjectSettings) *groupingv1.ProjectSettings {
	settings = proto.CloneOf(settings)
	fingerprint, _ := fingerprintrules.Parse(settings.GetFingerprintRules())
	for i := range fingerprint {
		settings.TypedFingerprintRules = append(settings.TypedFingerprintRules, fingerprintRuleToMessage(&fingerprint[i]))
	}
	stack, _ := stackrules.Parse(settings.GetStackRules())
	for i := range stack {
		settings.TypedStackRules = append(settings.TypedStackRules, stackRuleToMessage(&stack[i]))
	}
	return settings
}
