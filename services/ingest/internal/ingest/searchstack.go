package ingest

import (
	"cmp"
	"math"
	"slices"
)

// Errors is what searches read of an event's exceptions. A value that several of them have stands once.
type Errors struct {
	Types, Values, Mechanisms []string
	Unhandled                 bool  // one of them says that nobody handled it
	MainThread                *bool // nil: not known
}

// Stack is what searches read of an event's stack traces: of each part of their frames the values that occur, in order.
// A condition is about one part, so which frame has a value does not matter, and more events have the same stack.
type Stack struct {
	AbsPaths, Filenames, Functions, Modules, Packages []string
	Lines, Columns                                    []int32
	Levels                                            []int32 // which of the exceptions have frames, from 0
	InApp, NotInApp                                   bool    // whether frames say so
}

func readErrors(event map[string]any) (e Errors) {
	exceptions := objectsOf(event["exception"])
	exceptions = exceptions[max(0, len(exceptions)-MaxExceptions):]
	for _, exception := range exceptions {
		mechanism := objectOrNil(exception["mechanism"])
		e.Types = appendText(e.Types, exception["type"], MaxFieldLength)
		e.Values = appendText(e.Values, exception["value"], MaxSubtitle)
		e.Mechanisms = appendText(e.Mechanisms, mechanism["type"], MaxFieldLength)
		e.Unhandled = e.Unhandled || mechanism["handled"] == false
	}
	e.MainThread = onMainThread(exceptions, objectsOf(event["threads"]))
	return e
}

// onMainThread is known where an exception names a thread that is among those of the event.
func onMainThread(exceptions, threads []map[string]any) (onMain *bool) {
	for _, exception := range exceptions {
		id, ok := scalarText(exception["thread_id"])
		if !ok || id == "" {
			continue
		}
		for _, thread := range threads {
			if other, ok := scalarText(thread["id"]); ok && other == id {
				isMain := thread["main"] == true || onMain != nil && *onMain
				onMain = &isMain
			}
		}
	}
	return onMain
}

// appendText adds a scalar that is not there yet.
func appendText(texts []string, value any, limit int) []string {
	text, ok := scalarText(value)
	if text = Clean(text, limit); !ok || text == "" || slices.Contains(texts, text) {
		return texts
	}
	return append(texts, text)
}

type leveledFrame struct {
	level int32
	frame map[string]any
}

// readStack reads the frames of exceptions; of an event whose exceptions have none, its stack trace, else those of the
// threads that crashed or were running. Of too many the first and the last are kept.
func readStack(event map[string]any) (s Stack) {
	frames := framesOf(event)
	if over := len(frames) - MaxFrames; over > 0 {
		frames = slices.Delete(frames, MaxFrames/2, MaxFrames/2+over)
	}
	parts := [...]struct {
		key   string
		texts *[]string
	}{{"abs_path", &s.AbsPaths}, {"filename", &s.Filenames}, {"function", &s.Functions}, {"module", &s.Modules}, {"package", &s.Packages}}
	for _, f := range frames {
		for _, part := range parts {
			if text, ok := scalarText(f.frame[part.key]); ok && text != "" {
				if *part.texts == nil {
					*part.texts = make([]string, 0, len(frames))
				}
				*part.texts = append(*part.texts, Clean(text, MaxFrameText))
			}
		}
		s.Lines, s.Columns = appendPlace(s.Lines, f.frame["lineno"]), appendPlace(s.Columns, f.frame["colno"])
		s.Levels = append(s.Levels, f.level)
		s.InApp = s.InApp || f.frame["in_app"] == true
		s.NotInApp = s.NotInApp || f.frame["in_app"] == false
	}
	for _, part := range parts {
		*part.texts = set(*part.texts)
	}
	s.Lines, s.Columns, s.Levels = set(s.Lines), set(s.Columns), set(s.Levels)
	return s
}

func appendPlace(places []int32, value any) []int32 {
	if n, ok := integer(value); ok && n >= 0 && n <= math.MaxInt32 {
		places = append(places, int32(n))
	}
	return places
}

func set[T cmp.Ordered](values []T) []T {
	slices.Sort(values)
	return slices.Compact(values)
}

func framesOf(event map[string]any) []leveledFrame {
	var frames []leveledFrame
	add := func(level int, stacktrace any) {
		for _, frame := range objectsOf(objectOrNil(stacktrace)["frames"]) {
			frames = append(frames, leveledFrame{int32(min(level, math.MaxInt32)), frame})
		}
	}
	for level, exception := range objectsOf(event["exception"]) {
		add(level, exception["stacktrace"])
	}
	if len(frames) == 0 {
		add(0, event["stacktrace"])
	}
	if len(frames) == 0 {
		for _, thread := range objectsOf(event["threads"]) {
			if thread["crashed"] == true || thread["current"] == true {
				add(0, thread["stacktrace"])
			}
		}
	}
	return frames
}
