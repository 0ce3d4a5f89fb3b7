package fingerprintrules

import "github.com/picket-io/picket/services/grouping/internal/errorevent"

// item is one thing that matchers ask about. A key may have several values, of which any may match.
type item map[string][]string

type items [sources][]item

func itemsOf(e *errorevent.Event) items {
	var all items
	if text := e.Message.Text(); e.Message != nil {
		all[fromMessage] = append(all[fromMessage], item{"message": {text, e.Message.Raw}})
	}
	for _, exception := range e.Exceptions {
		one := item{"type": {exception.Type}, "value": {exception.Value}}
		all[fromException] = append(all[fromException], one)
		all[fromMessage] = append(all[fromMessage], item{"message": {exception.Value}})
	}
	all[fromEvent] = []item{{"logger": {e.Logger}, "level": {e.Level}}}
	e.EachStacktrace(func(stack *errorevent.Stacktrace, _ *errorevent.Exception) {
		for i := range stack.Frames {
			all[fromFrame] = append(all[fromFrame], frameItem(&stack.Frames[i]))
		}
	})
	tags := item{}
	for key, value := range e.Tags {
		tags[tagPrefix+key] = []string{value}
	}
	all[fromTags] = []item{tags}
	all[fromSDK] = []item{{"sdk": {e.SDK}}}
	all[fromFamily] = []item{{"family": {string(errorevent.FamilyOf(e.Platform))}}}
	all[fromRelease] = []item{{"release": {e.Release}}}
	return all
}

func frameItem(f *errorevent.Frame) item {
	app := "0"
	if f.InApp {
		app = "1"
	}
	return item{
		"module": {f.Module}, "path": {f.AbsPath, f.Filename}, "package": {f.Package}, "function": {f.Function}, "app": {app},
	}
}
