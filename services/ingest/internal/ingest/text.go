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
