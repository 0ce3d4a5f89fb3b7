package searchquery

import (
	"fmt"
	"slices"

	"github.com/picket-io/picket/pkg/searchquery/fields"
)

// usualTags are tags that most events have, which a key may be meant to be as well as a field.
var usualTags = []string{
	"browser", "browser.name", "device", "device.family", "dist", "handled", "level", "logger", "mechanism", "os", "os.name", "platform",
	"runtime", "runtime.name", "server_name", "url",
}

// Hints tells what in a query may be a mistake though it is none of the language: a tag whose key is nearly that of a field.
// A tag that is written `tags[key]` is meant.
func Hints(root Node, table *fields.Table) []string {
	var hints []string
	Walk(root, func(n Node) bool {
		f, ok := n.(*Filter)
		if !ok || !f.Tag || f.Name != f.Key || slices.Contains(usualTags, f.Key) {
			return true
		}
		if meant := fields.Nearest(f.Key, slices.Concat(table.Keys(), usualTags)); meant != "" {
			hints = append(hints, fmt.Sprintf("column %d: %s is the key of a tag; did you mean %q?", f.Column, excerpt(f.Key), meant))
		}
		return true
	})
	return hints
}
