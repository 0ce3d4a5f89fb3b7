package stackrules

import (
	"slices"
	"strings"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
	"github.com/picket-io/picket/services/grouping/internal/glob"
	"github.com/picket-io/picket/services/grouping/internal/ruletext"
)

const unknown = "<unknown>"

// Matcher asks about a frame or about the exception that a stack trace belongs to.
type Matcher struct {
	ruletext.Matcher
	key     string
	pattern glob.Pattern
	list    []string // of family
	flag    bool     // of app
}

var keys = map[string]string{
	"path": "path", "stack.abs_path": "path", "stack.path": "path", "function": "function", "stack.function": "function",
	"module": "module", "stack.module": "module", "package": "package", "stack.package": "package",
	"category": "category", "stack.category": "category", "family": "family", "stack.family": "family",
	"app": "app", "stack.app": "app", "in_app": "app",
	"type": "type", "error.type": "type", "value": "value", "error.value": "value",
	"mechanism": "mechanism", "error.mechanism": "mechanism",
}

func isExceptionKey(key string) bool { return key == "type" || key == "value" || key == "mechanism" }

// newMatcher gives what is wrong as its second result.
func newMatcher(m ruletext.Matcher) (Matcher, string) {
	key, ok := keys[m.Name]
	if !ok {
		return Matcher{}, "unknown matcher " + m.Name
	}
	matcher := Matcher{Matcher: m, key: key}
	switch key {
	case "path", "package":
		matcher.pattern = glob.CompilePath(strings.ReplaceAll(strings.ToLower(m.Pattern), `\`, "/"))
	case "family":
		for word := range strings.SplitSeq(m.Pattern, ",") {
			word = strings.TrimSpace(word)
			if !slices.Contains([]string{"native", "javascript", "other", "all"}, word) {
				return matcher, "unknown family " + word
			}
			matcher.list = append(matcher.list, word)
		}
	case "app":
		switch strings.ToLower(m.Pattern) {
		case "1", "yes", "true":
			matcher.flag = true
		case "0", "no", "false":
		default:
			return matcher, "app takes yes or no"
		}
	default:
		matcher.pattern = glob.Compile(m.Pattern)
	}
	return matcher, ""
}

func (m *Matcher) matches(v *view, i int) bool {
	f := &v.frames[i]
	switch m.key {
	case "path":
		return v.path(i) != "" && m.matchesPath(v.path(i))
	case "package":
		return f.Package != "" && m.matchesPath(asPath(f.Package))
	case "function":
		return m.pattern.Match(orUnknown(f.Function))
	case "module":
		return f.Module != "" && m.pattern.Match(f.Module)
	case "category":
		return f.Category != "" && m.pattern.Match(f.Category)
	case "family":
		return slices.Contains(m.list, "all") || slices.Contains(m.list, string(errorevent.FamilyOf(f.Platform)))
	case "app":
		return f.InApp == m.flag
	case "type":
		return m.pattern.Match(orUnknown(v.exception.Type))
	case "value":
		return m.pattern.Match(orUnknown(v.exception.Value))
	default:
		return m.pattern.Match(orUnknown(v.exception.Mechanism.Type))
	}
}

func (m *Matcher) matchesPath(path string) bool {
	return m.pattern.Match(path) || !strings.HasPrefix(path, "/") && m.pattern.Match("/"+path)
}

func asPath(text string) string { return strings.ReplaceAll(strings.ToLower(text), `\`, "/") }

func orUnknown(text string) string {
	if text == "" {
		return unknown
	}
	return text
}

// view is a stack trace as matchers see it.
type view struct {
	frames    []errorevent.Frame
	paths     []string // brought into one form once, because every rule looks at them
	exception errorevent.Exception
}

func newView(frames []errorevent.Frame, exception *errorevent.Exception) *view {
	v := &view{frames: frames, paths: make([]string, len(frames))}
	for i := range frames {
		path := frames[i].AbsPath
		if path == "" {
			path = frames[i].Filename
		}
		v.paths[i] = asPath(path)
	}
	if exception != nil {
		v.exception = *exception
	}
	return v
}

func (v *view) path(i int) string { return v.paths[i] }
