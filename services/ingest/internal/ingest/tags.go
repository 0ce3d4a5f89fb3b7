package ingest

import (
	"maps"
	"slices"
)

// Tag is one key with its value.
type Tag struct{ Key, Value string }

// readTags reads tags as a map, in the order of its keys, or as a list of pairs. A key counts once, the first time;
// tags without a key or a value are left out.
func readTags(value any) []Tag {
	var tags []Tag
	seen := map[string]bool{}
	add := func(key, value any) {
		k, isKey := scalarText(key)
		v, isValue := scalarText(value)
		tag := Tag{Clean(k, MaxTagLength), Clean(v, MaxTagLength)}
		if !isKey || !isValue || tag.Key == "" || tag.Value == "" || seen[tag.Key] || len(tags) == MaxTags {
			return
		}
		seen[tag.Key] = true
		tags = append(tags, tag)
	}
	switch list := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(list)) {
			add(key, list[key])
		}
	case []any:
		for _, element := range list {
			if pair, ok := element.([]any); ok && len(pair) == 2 {
				add(pair[0], pair[1])
			}
		}
	}
	return tags
}
