package ingest

import (
	"strings"
	"unicode/utf8"
)

// Clean replaces what PostgreSQL and protobuf refuse (NUL and bad UTF-8) by U+FFFD and cuts to a number of characters.
func Clean(text string, limit int) string {
	text = cleanText(text)
	if len(text) <= limit {
		return text
	}
	for i := range text {
		if limit == 0 {
			return text[:i]
		}
		limit--
	}
	return text
}

func cleanText(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	if strings.IndexByte(text, 0) < 0 {
		return text
	}
	return strings.ReplaceAll(text, "\x00", "\uFFFD")
}

// cleanTree cleans every text of a decoded JSON value in place, and returns the value.
func cleanTree(value any) any {
	switch v := value.(type) {
	case string:
		return cleanText(v)
	case []any:
		for i := range v {
			v[i] = cleanTree(v[i])
		}
	case map[string]any:
		for key, element := range v {
			cleaned := cleanText(key)
			if cleaned != key {
				delete(v, key)
			}
			v[cleaned] = cleanTree(element)
		}
	}
	return value
}
