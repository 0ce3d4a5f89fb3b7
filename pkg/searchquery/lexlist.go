package searchquery

import "strings"

// scanList reads `[a, "b c"]`. What merely begins like a list is left to be a text: `[]`, `[a]b`, `[a,,b]`.
// A comma before the closing bracket gives an empty item for the resolver to refuse.
func scanList(s string, i int) (items []rawText, end int, ok bool) {
	if i >= len(s) || s[i] != '[' {
		return nil, i, false
	}
	i++
	for {
		item, end, ok := scanItem(s, i)
		if !ok {
			return nil, i, false
		}
		items = append(items, item)
		i = end
		if s[i] == ']' {
			break
		}
		i = skipSpaces(s, i+1)
		if i < len(s) && s[i] == ']' && closesList(s, i) {
			items = append(items, rawText{pos: i})
			break
		}
	}
	if !closesList(s, i) {
		return nil, i, false
	}
	return items, i + 1, true
}

// closesList reports whether the bracket at i ends a value.
func closesList(s string, i int) bool {
	return i+1 >= len(s) || isSpace(s[i+1]) || s[i+1] == ')'
}

// scanItem reads an item and answers the position of the bracket or comma after it. An unquoted item may contain
// brackets: the last one of the word is the list's, unless a comma follows the word.
func scanItem(s string, i int) (item rawText, end int, ok bool) {
	if text, after, ok := quoted(s, i); ok {
		if after < len(s) && s[after] == ']' {
			return rawText{text: text, pos: i, quoted: true}, after, true
		}
		after = skipSpaces(s, after)
		return rawText{text: text, pos: i, quoted: true}, after, after < len(s) && s[after] == ','
	}
	word := i
	for !endsValue(s, word) && s[word] != ',' {
		word++
	}
	if comma := skipSpaces(s, word); word > i && comma < len(s) && s[comma] == ',' {
		return rawText{text: s[i:word], pos: i}, comma, true
	}
	bracket := strings.LastIndexByte(s[i:word], ']')
	if bracket <= 0 {
		return rawText{}, i, false
	}
	return rawText{text: s[i : i+bracket], pos: i}, i + bracket, true
}
