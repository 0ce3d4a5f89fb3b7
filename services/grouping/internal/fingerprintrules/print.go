package fingerprintrules

import (
	"regexp"
	"strings"

	"github.com/picket-io/picket/services/grouping/internal/ruletext"
)

// plainValue is a part of a fingerprint that needs no quotes.
var plainValue = regexp.MustCompile(`^(?:[A-Za-z0-9_./:-]+|\{\{ [A-Za-z0-9_.-]+ \}\})$`)

// Print writes a rule as Parse reads it. Texts must not have line breaks.
func Print(matchers []ruletext.Matcher, fingerprint []string, title string) string {
	var out strings.Builder
	for _, m := range matchers {
		out.WriteString(m.String() + " ")
	}
	out.WriteString("->")
	for i, part := range fingerprint {
		if i > 0 {
			out.WriteByte(',')
		}
		if !plainValue.MatchString(part) {
			part = ruletext.Quote(part)
		}
		out.WriteString(" " + part)
	}
	if title != "" {
		out.WriteString(" title=" + ruletext.Quote(title))
	}
	return out.String()
}

// String writes the rule without comments, so that it is read again.
func (r *Rule) String() string {
	matchers := make([]ruletext.Matcher, len(r.Matchers))
	for i, m := range r.Matchers {
		matchers[i] = m.Matcher
	}
	return Print(matchers, r.Fingerprint, r.Title)
}
