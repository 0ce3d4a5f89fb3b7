package hashing

import (
	"fmt"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
	"github.com/picket-io/picket/services/grouping/internal/stackrules"
)

// marks has, for each stack trace of an event, the rules that moved its frames into or out of the application.
type marks map[*errorevent.Stacktrace][]*stackrules.Rule

func markFrames(event *errorevent.Event, rules *stackrules.Set) marks {
	m := marks{}
	event.EachStacktrace(func(stack *errorevent.Stacktrace, exception *errorevent.Exception) {
		m[stack] = rules.Mark(stack, exception)
	})
	return m
}

// variants of a part of an event, by name.
type variants map[string]*Component

type builder struct {
	rules     *stackrules.Set
	marks     marks
	algorithm Algorithm
}

// stacktrace hashes all frames as `system`, and those of the application as `app`.
func (b builder) stacktrace(stack *errorevent.Stacktrace, exception *errorevent.Exception) variants {
	counting := b.rules.Count(stack, exception)
	return variants{
		variantApp:    b.stack(stack, counting, variantApp),
		variantSystem: b.stack(stack, counting, variantSystem),
	}
}

func (b builder) stack(stack *errorevent.Stacktrace, counting stackrules.Counting, variant string) *Component {
	frames := make([]*Component, len(stack.Frames))
	for i := range stack.Frames {
		f := &stack.Frames[i]
		frames[i] = frameComponent(f)
		if rule := b.marks[stack][i]; rule != nil {
			frames[i].Rule = rule
			if frames[i].Hint == "" {
				frames[i].Hint = markHint(f.InApp)
			}
		}
		switch {
		case variant == variantApp && !f.InApp:
			frames[i].mute("non app frame")
		case i > 0 && f.SameCall(&stack.Frames[i-1]):
			frames[i].mute("ignored due to recursion")
		}
	}
	if len(frames) == 1 && isPageCode(&stack.Frames[0]) && frames[0].Contributes() {
		frames[0].mute("ignored single JavaScript frame of a page without a function")
	}
	c := node("stacktrace", frames...)
	applyCounting(c, counting)
	return c
}

func markHint(inApp bool) string {
	if inApp {
		return "marked in-app by stack rule"
	}
	return "marked out of app by stack rule"
}

// isPageCode: the code of a page at large, which names nothing.
func isPageCode(f *errorevent.Frame) bool {
	return errorevent.FamilyOf(f.Platform) == errorevent.JavaScript && f.Function == "" && isURL(f.AbsPath, true)
}

// applyCounting lets the stack rules have the last word about which frames count: first the frames one by one, then
// the limits, of which the one on the number of frames comes before the one that wants enough of them.
func applyCounting(stack *Component, counting stackrules.Counting) {
	for _, flip := range counting.Flips {
		for _, frame := range stack.Children[flip.First:flip.End] {
			if frame.Contributes() == flip.Counts {
				continue
			}
			frame.Rule = flip.Rule
			if flip.Counts {
				frame.forced, frame.Hint = always, "un-ignored by stack rule"
			} else {
				frame.mute("ignored by stack rule")
			}
		}
	}
	count := 0
	for i := len(stack.Children) - 1; i >= 0; i-- {
		frame := stack.Children[i]
		if !frame.Contributes() {
			continue
		}
		if count++; counting.MaxFrames > 0 && count > counting.MaxFrames {
			frame.mute(fmt.Sprintf("ignored because only %d frames are considered", counting.MaxFrames))
			frame.Rule = counting.MaxRule
			count--
		}
	}
	if count < counting.MinFrames {
		stack.mute(fmt.Sprintf("ignored because %d of at least %d frames contribute", count, counting.MinFrames))
		stack.Rule = counting.MinRule
	}
}
