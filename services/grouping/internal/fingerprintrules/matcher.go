package fingerprintrules

import (
	"slices"
	"strings"

	"github.com/picket-io/picket/services/grouping/internal/glob"
	"github.com/picket-io/picket/services/grouping/internal/ruletext"
)

// source is where a matcher looks.
type source int

const (
	fromMessage source = iota // the message, and the values of exceptions
	fromEvent                 // logger and level
	fromException
	fromFrame
	fromTags
	fromSDK
	fromFamily
	fromRelease
	sources
)

// Matcher asks about one thing.
type Matcher struct {
	ruletext.Matcher
	source  source
	key     string // of the item
	compare comparison
	pattern glob.Pattern
	list    []string // of family and sdk
}

type comparison int

const (
	exactCase comparison = iota
	anyCase
	asPath
	inList
	asFlag
)

type definition struct {
	source  source
	key     string
	compare comparison
}

var definitions = map[string]definition{
	"error.type": {fromException, "type", exactCase}, "type": {fromException, "type", exactCase},
	"error.value": {fromException, "value", anyCase}, "value": {fromException, "value", anyCase},
	"stack.module": {fromFrame, "module", exactCase}, "module": {fromFrame, "module", exactCase},
	"stack.abs_path": {fromFrame, "path", asPath}, "path": {fromFrame, "path", asPath},
	"stack.package": {fromFrame, "package", asPath}, "package": {fromFrame, "package", asPath},
	"stack.function": {fromFrame, "function", exactCase}, "function": {fromFrame, "function", exactCase},
	"app": {fromFrame, "app", asFlag}, "message": {fromMessage, "message", anyCase},
	"logger": {fromEvent, "logger", exactCase}, "level": {fromEvent, "level", anyCase},
	"family": {fromFamily, "family", inList}, "sdk": {fromSDK, "sdk", inList}, "release": {fromRelease, "release", asPath},
}

const tagPrefix = "tags."

func newMatcher(m ruletext.Matcher) (Matcher, bool) {
	d, ok := definitions[m.Name]
	if !ok {
		if len(m.Name) <= len(tagPrefix) || !strings.HasPrefix(m.Name, tagPrefix) {
			return Matcher{}, false
		}
		d = definition{fromTags, m.Name, exactCase}
	}
	matcher := Matcher{Matcher: m, source: d.source, key: d.key, compare: d.compare}
	switch d.compare {
	case asPath:
		matcher.pattern = glob.CompilePath(strings.ReplaceAll(strings.ToLower(m.Pattern), `\`, "/"))
	case anyCase:
		matcher.pattern = glob.Compile(strings.ToLower(m.Pattern))
	case inList:
		for word := range strings.SplitSeq(m.Pattern, ",") {
			matcher.list = append(matcher.list, strings.TrimSpace(word))
		}
	case exactCase, asFlag:
		matcher.pattern = glob.Compile(m.Pattern)
	}
	return matcher, true
}

// matches compares one item, the negation aside. What the item lacks matches nothing.
func (m *Matcher) matches(one item) bool {
	values := one[m.key]
	for _, value := range values {
		if value != "" && m.equal(value) {
			return true
		}
	}
	return false
}

func (m *Matcher) equal(value string) bool {
	switch m.compare {
	case asPath:
		path := strings.ReplaceAll(strings.ToLower(value), `\`, "/")
		return m.pattern.Match(path) || !strings.HasPrefix(path, "/") && m.pattern.Match("/"+path)
	case anyCase:
		return m.pattern.Match(strings.ToLower(value))
	case inList:
		return slices.Contains(m.list, "all") || slices.Contains(m.list, value)
	case asFlag:
		return value == flag(m.Pattern)
	default:
		return m.pattern.Match(value)
	}
}

// flag gives 1 or 0 for the spellings of true and false; anything else matches nothing.
func flag(text string) string {
	switch strings.ToLower(text) {
	case "1", "yes", "true":
		return "1"
	case "0", "no", "false":
		return "0"
	default:
		return ""
	}
}
