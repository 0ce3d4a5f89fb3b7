// Package stackrules reads and applies rules about stack frames: which of them belong to the application, and which
// count for the hash. `[caller] | matchers… | [callee] actions`, one rule a line; later rules win.
package stackrules

import (
	_ "embed"
	"slices"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
)

//go:embed builtin.txt
var builtinText string

var builtin = mustParse(builtinText)

func mustParse(text string) []Rule {
	rules, err := Parse(text)
	if err != nil {
		panic("built-in stack rules: " + err.Error()) // a test parses them
	}
	for i := range rules {
		rules[i].BuiltIn = true
	}
	return rules
}

// Builtin gives the rules that are applied before those of every project.
func Builtin() []Rule { return builtin }

// Rule is one rule.
type Rule struct {
	Text     string // as it was written
	Line     int
	BuiltIn  bool
	Matchers []Matcher // of the frame itself, and of the exception
	Caller   []Matcher // of the frame before
	Callee   []Matcher // of the frame after
	Actions  []Action
}

// Set is rules in the order in which they are applied.
type Set struct {
	marking  []*Rule // that change what frames are: in the application or not, and their category
	counting []*Rule // that change which frames count
}

// NewSet puts lists of rules one after the other.
func NewSet(lists ...[]Rule) *Set {
	s := &Set{}
	for _, list := range lists {
		for i := range list {
			rule := &list[i]
			if slices.ContainsFunc(rule.Actions, Action.marks) {
				s.marking = append(s.marking, rule)
			}
			if !slices.ContainsFunc(rule.Actions, func(a Action) bool { return !a.marks() }) {
				continue
			}
			s.counting = append(s.counting, rule)
		}
	}
	return s
}

// Mark sets InApp and Category of the frames of a stack trace, and gives the rule that last changed InApp of each.
func (s *Set) Mark(stack *errorevent.Stacktrace, exception *errorevent.Exception) []*Rule {
	by := make([]*Rule, len(stack.Frames))
	v := newView(stack.Frames, exception)
	for _, rule := range s.marking {
		for i := range stack.Frames {
			if !rule.matches(v, i) {
				continue
			}
			for _, action := range rule.Actions {
				action.mark(rule, stack.Frames, i, by)
			}
		}
	}
	return by
}

// Counting is what rules say about which frames of a stack trace count.
type Counting struct {
	Flips     []Flip // in order; later ones win
	MaxFrames int    // 0: no limit
	MinFrames int
	MaxRule   *Rule
	MinRule   *Rule
}

// Flip makes frames from First to before End count, or not.
type Flip struct {
	First, End int
	Counts     bool
	Rule       *Rule
}

// Count asks the rules about the frames of a stack trace, which are marked.
func (s *Set) Count(stack *errorevent.Stacktrace, exception *errorevent.Exception) Counting {
	var c Counting
	v := newView(stack.Frames, exception)
	for _, rule := range s.counting {
		for i := range stack.Frames {
			if rule.matches(v, i) {
				for _, action := range rule.Actions {
					action.count(rule, len(stack.Frames), i, &c)
				}
			}
		}
	}
	return c
}

func (r *Rule) matches(v *view, i int) bool {
	return all(r.Matchers, v, i) &&
		(len(r.Caller) == 0 || i > 0 && all(r.Caller, v, i-1)) &&
		(len(r.Callee) == 0 || i+1 < len(v.frames) && all(r.Callee, v, i+1))
}

func all(matchers []Matcher, v *view, i int) bool {
	for k := range matchers {
		if matchers[k].matches(v, i) == matchers[k].Negated {
			return false
		}
	}
	return true
}
