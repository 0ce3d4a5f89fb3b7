package searchquery

import (
	"fmt"
	"slices"
	"strings"

	"github.com/picket-io/picket/pkg/searchquery/fields"
)

// usualTags are tags that most events have, which a key may be meant to be as well as a field.
var usualTags = []string{
	"browser", "browser.name", "device", "device.family", "dist", "handled", "level", "logger", "mechanism", "os", "os.name", "platform",
	"runtime", "runtime.name", "server_name", "url",
}

// usualLevels are the values of the tag `level` that SDKs know.
var usualLevels = []string{"fatal", "error", "warning", "info", "debug", "sample"}

// Hints tells what in a query may be a mistake though it is none of the language: a tag whose key is nearly that of a field,
// a level that is nearly one, a list that is none. A tag that is written `tags[key]` is meant.
func Hints(root Node, table *fields.Table) []string {
	var hints []string
	Walk(root, func(n Node) bool {
		f, ok := n.(*Filter)
		if !ok {
			return true
		}
		if text, ok := f.Value.(String); ok && strings.HasPrefix(string(text), "[") {
			hints = append(hints, fmt.Sprintf("column %d: %s is a text; a list is written %s:[a, b], without spaces inside the brackets", f.Column, excerpt(string(text)), f.Name))
		}
		if !f.Tag || f.Name != f.Key {
			return true
		}
		if f.Key == "level" {
			hints = append(hints, levelHints(f)...)
		}
		if slices.Contains(usualTags, f.Key) {
			return true
		}
		if meant := fields.Nearest(f.Key, slices.Concat(table.Keys(), usualTags)); meant != "" {
			hints = append(hints, fmt.Sprintf("column %d: %s is the key of a tag; did you mean %q?", f.Column, excerpt(f.Key), meant))
		}
		return true
	})
	return hints
}

func levelHints(f *Filter) (hints []string) {
	values, isList := f.Value.(List)
	if !isList {
		values = List{f.Value}
	}
	for _, value := range values {
		level, ok := value.(String)
		if !ok || level == "" || slices.Contains(usualLevels, string(level)) {
			continue
		}
		hint := fmt.Sprintf("column %d: %s is no usual level; expected one of %s", f.Column, excerpt(string(level)), strings.Join(usualLevels, ", "))
		if meant := fields.Nearest(string(level), usualLevels); meant != "" {
			hint += fmt.Sprintf("; did you mean %q?", meant)
		}
		hints = append(hints, hint)
	}
	return hints
}
