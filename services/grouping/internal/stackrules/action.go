package stackrules

import (
	"strconv"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
	"github.com/picket-io/picket/services/grouping/internal/ruletext"
)

// Action is what a rule does to the frames that it matches.
type Action struct {
	Key   string // app, group, prefix, sentinel, or a variable
	Range byte   // '^': the frames after, 'v': the frames before, 0: the frame itself
	On    bool   // + of a flag
	Value string // of a variable
	n     int    // of max-frames and min-frames
}

func (a Action) marks() bool { return a.Key == "app" || a.Key == "category" }

func (a Action) of(frames, i int) (first, end int) {
	switch a.Range {
	case '^':
		return i + 1, frames
	case 'v':
		return 0, i
	default:
		return i, i + 1
	}
}

func (a Action) mark(rule *Rule, frames []errorevent.Frame, i int, by []*Rule) {
	switch a.Key {
	case "category":
		frames[i].Category = a.Value
	case "app":
		first, end := a.of(len(frames), i)
		for k := first; k < end; k++ {
			if frames[k].InApp != a.On {
				frames[k].InApp, by[k] = a.On, rule
			}
		}
	}
}

// count leaves out prefix, sentinel and invert-stacktrace: they have a meaning only where hashes are made of parts
// of a stack trace, which this algorithm does not do.
func (a Action) count(rule *Rule, frames, i int, c *Counting) {
	switch a.Key {
	case "group":
		if first, end := a.of(frames, i); first < end {
			c.Flips = append(c.Flips, Flip{First: first, End: end, Counts: a.On, Rule: rule})
		}
	case "max-frames":
		c.MaxFrames, c.MaxRule = a.n, rule
	case "min-frames":
		c.MinFrames, c.MinRule = a.n, rule
	}
}

func parseAction(line *ruletext.Line) (Action, error) {
	before := *line
	var a Action
	for _, r := range []byte{'^', 'v'} {
		rest := line.Rest()
		if len(rest) > 1 && rest[0] == r && (rest[1] == '+' || rest[1] == '-') {
			a.Range = r
			line.Skip(1)
		}
	}
	switch {
	case line.Take("+"):
		a.On = true
	case line.Take("-"):
	default:
		return parseVariable(line)
	}
	a.Key = line.Word(ruletext.IsKey)
	switch a.Key {
	case "app", "group", "prefix", "sentinel":
		return a, nil
	default:
		return a, before.Errorf("unknown action; expected app, group, prefix or sentinel after + or -")
	}
}

func parseVariable(line *ruletext.Line) (Action, error) {
	before := *line
	a := Action{Key: line.Word(ruletext.IsKey)}
	if a.Key == "" || !line.Take("=") {
		return a, before.Errorf("expected an action such as -app or max-frames=3")
	}
	a.Value = line.Word(ruletext.IsKey)
	switch a.Key {
	case "max-frames", "min-frames":
		n, err := strconv.Atoi(a.Value)
		if err != nil || n < 0 {
			return a, before.Errorf("%s takes a number", a.Key)
		}
		a.n = n
	case "invert-stacktrace":
		switch a.Value {
		case "1", "0", "yes", "no", "true", "false":
		default:
			return a, before.Errorf("%s takes true or false", a.Key)
		}
	case "category":
		if a.Value == "" {
			return a, before.Errorf("%s takes a name", a.Key)
		}
	default:
		return a, before.Errorf("unknown variable %s", a.Key)
	}
	return a, nil
}
