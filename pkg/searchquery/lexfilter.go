package searchquery

import "github.com/picket-io/picket/pkg/searchquery/fields"

// rawFilter is a filter as it stands in the text, before anybody asked what its key means.
type rawFilter struct {
	pos, end int
	negated  bool
	key      rawKey
	op       Op // empty when none is written
	value    rawText
	list     []rawText // instead of op and value
	isList   bool
}

// rawKey is a key without its quotes. name is the tag's in `tags[name]` and the whole call in `count()`.
type rawKey struct {
	name      string
	tag       bool
	aggregate bool
	quoted    bool
}

// rawText is a value. Unquoted text still has its backslashes before quotes.
type rawText struct {
	text   string
	pos    int
	quoted bool
}

func (k rawKey) isHas() bool { return k.name == "has" && !k.quoted && !k.tag }
func (k rawKey) isIs() bool  { return k.name == "is" && !k.quoted && !k.tag }

// known reports whether the key means something in this search. A key that does not must have a value after the
// colon to make a filter, because text is full of words with a colon.
func (k rawKey) known(table *fields.Table) bool {
	if k.tag || k.isHas() || k.isIs() {
		return true
	}
	_, ok := table.Lookup(k.name)
	return ok
}

// filter reads a filter at i.
func (l *lexer) filter(i int) (*rawFilter, bool) {
	f := &rawFilter{pos: i}
	if i < len(l.text) && l.text[i] == '!' {
		f.negated = true
		i++
	}
	key, i, ok := scanKey(l.text, i)
	if !ok || i >= len(l.text) || l.text[i] != ':' {
		return nil, false
	}
	f.key = key
	i++
	// The whole value of has: and is: is a word of its own, without operators or lists.
	word := key.isHas() || key.isIs()
	if !word && !key.aggregate {
		if f.list, f.end, f.isList = scanList(l.text, i); f.isList {
			return f, true
		}
	}
	if !word {
		f.op, i = scanOp(l.text, i)
	}
	text, end, isQuoted := quoted(l.text, i)
	if !isQuoted {
		end = skipWord(l.text, i)
		text = l.text[i:end]
	}
	f.value, f.end = rawText{text: text, pos: i, quoted: isQuoted}, end
	if key.aggregate {
		return f, !isQuoted && isAggregateValue(text)
	}
	return f, isQuoted || text != "" || key.known(l.table)
}

func isKeyByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '.' || c == '-'
}

func scanKey(s string, i int) (rawKey, int, bool) {
	if name, end, ok := scanName(s, i); !ok {
		return rawKey{}, i, false
	} else if end >= len(s) || s[i] == '"' || s[end] == ':' {
		return rawKey{name: name, quoted: s[i] == '"'}, end, true
	} else if name == "tags" && s[end] == '[' {
		inner, end, ok := scanName(s, end+1)
		if !ok || end >= len(s) || s[end] != ']' {
			return rawKey{}, i, false
		}
		return rawKey{name: inner, tag: true}, end + 1, true
	} else if s[end] == '(' {
		end, ok := scanArguments(s, end)
		return rawKey{name: s[i:end], aggregate: true}, end, ok
	}
	return rawKey{}, i, false
}

// scanName reads a bare name, or one in quotes, which may have colons.
func scanName(s string, i int) (string, int, bool) {
	if i < len(s) && s[i] == '"' {
		end := i + 1
		for end < len(s) && (isKeyByte(s[end]) || s[end] == ':') {
			end++
		}
		if end == i+1 || end >= len(s) || s[end] != '"' {
			return "", i, false
		}
		return s[i+1 : end], end + 1, true
	}
	end := i
	for end < len(s) && isKeyByte(s[end]) {
		end++
	}
	return s[i:end], end, end > i
}

// scanArguments reads the arguments of an aggregate function, from its opening parenthesis on.
func scanArguments(s string, i int) (int, bool) {
	for i++; i < len(s); i++ {
		switch s[i] {
		case ')':
			return i + 1, true
		case '(', '\t', '\n', '\r':
			return i, false
		case '"':
			_, end, ok := quoted(s, i)
			if !ok {
				return i, false
			}
			i = end - 1
		}
	}
	return i, false
}

func scanOp(s string, i int) (Op, int) {
	for _, op := range writtenOps {
		if len(s)-i >= len(op) && s[i:i+len(op)] == string(op) {
			return op, i + len(op)
		}
	}
	return "", i
}
