package searchquery

import (
	"strings"

	"github.com/picket-io/picket/pkg/searchquery/fields"
)

type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenOpen
	tokenClose
	tokenAnd
	tokenOr
	tokenNot
	tokenFilter
	tokenText
	tokenRelation // `parent:(`, with an exclamation mark or without
)

// token is a piece of the query. text holds the free text, already without its quotes, or the name of a relation.
type token struct {
	kind    tokenKind
	pos     int
	text    string
	negated bool // of a relation
	filter  *rawFilter
}

func (t token) opens() bool { return t.kind == tokenOpen || t.kind == tokenRelation }

// opening is where the parenthesis of a token that opens one is.
func (t token) opening(text string) int { return t.pos + strings.IndexByte(text[t.pos:], '(') }

// lexer cuts a query into tokens. It takes the first reading that fits, in this order: a parenthesis, a word of the
// language, a relation, a filter, a quoted text, a run of words. Only the table can tell that `TypeError: x` has no filter in it
// while `assigned: x` has one without a value.
type lexer struct {
	text  string
	pos   int
	table *fields.Table
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// endsValue reports whether an unquoted value ends before position i.
func endsValue(s string, i int) bool {
	return i >= len(s) || isSpace(s[i]) || s[i] == '(' || s[i] == ')'
}

func skipSpaces(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

func skipWord(s string, i int) int {
	for !endsValue(s, i) {
		i++
	}
	return i
}

// quoted reads a text in quotes at i. A quote after a backslash belongs to the text; no other character is special,
// so that pasted paths and patterns stay as they are.
func quoted(s string, i int) (text string, end int, ok bool) {
	if i >= len(s) || s[i] != '"' {
		return "", i, false
	}
	for j := i + 1; j < len(s); j++ {
		if s[j] == '"' && (s[j-1] != '\\' || j-1 == i) {
			return unquote(s[i+1 : j]), j + 1, true
		}
	}
	return "", i, false
}

func unquote(s string) string { return strings.ReplaceAll(s, `\"`, `"`) }

func (l *lexer) next() token {
	for {
		l.pos = skipSpaces(l.text, l.pos)
		start := l.pos
		if start >= len(l.text) {
			return token{kind: tokenEnd, pos: start}
		}
		if l.opensGroup(start) {
			l.pos++
			return token{kind: tokenOpen, pos: start}
		}
		if l.text[start] == ')' {
			l.pos++
			return token{kind: tokenClose, pos: start}
		}
		if kind, end := l.keyword(start); kind != tokenText {
			l.pos = end
			return token{kind: kind, pos: start}
		}
		if relation, end, ok := l.relation(start); ok {
			l.pos = end
			return relation
		}
		if f, ok := l.filter(start); ok {
			l.pos = f.end
			return token{kind: tokenFilter, pos: start, filter: f}
		}
		text, end, ok := quoted(l.text, start)
		if !ok {
			end = l.endOfText(start)
			text = l.text[start:end]
		}
		l.pos = end
		if text != "" {
			return token{kind: tokenText, pos: start, text: text}
		}
	}
}

// opensGroup tells a group from an empty pair of parentheses, which is text.
func (l *lexer) opensGroup(i int) bool {
	return l.text[i] == '(' && !strings.HasPrefix(l.text[i:], "()")
}

var keywords = map[string]tokenKind{"AND": tokenAnd, "OR": tokenOr, "NOT": tokenNot}

// keyword reads a word of the language at i. NOT is one only before a filter or a parenthesis, because messages
// contain it; several may follow each other.
func (l *lexer) keyword(i int) (tokenKind, int) {
	end := skipWord(l.text, i)
	kind, ok := keywords[l.text[i:end]]
	if !ok {
		return tokenText, i
	}
	if kind != tokenNot {
		return kind, end
	}
	after := skipSpaces(l.text, end)
	for strings.HasPrefix(l.text[after:], "NOT") && endsValue(l.text, after+len("NOT")) {
		after = skipSpaces(l.text, after+len("NOT"))
	}
	if after < len(l.text) && l.opensGroup(after) {
		return tokenNot, end
	}
	if _, _, ok := l.relation(after); ok {
		return tokenNot, end
	}
	if _, ok := l.filter(after); ok {
		return tokenNot, end
	}
	return tokenText, i
}

// relation reads the name of a relation, up to and with the parenthesis that its condition stands in.
func (l *lexer) relation(i int) (relation token, end int, ok bool) {
	rest, negated := strings.CutPrefix(l.text[i:], "!")
	for _, name := range l.table.Relations() {
		if strings.HasPrefix(rest, name+":(") {
			end = len(l.text) - len(rest) + len(name+":(")
			return token{kind: tokenRelation, pos: i, text: name, negated: negated}, end, true
		}
	}
	return token{}, i, false
}

// endOfText finds the end of the run of words at i: it goes on until something that is not text. Parentheses with
// nothing but text inside belong to the run, so that `fn(x)` and `timeout (read)` can be pasted.
func (l *lexer) endOfText(i int) int {
	end := i
	for first := true; i < len(l.text) && l.text[i] != ')'; first = false {
		if _, _, isQuoted := quoted(l.text, i); !first && (isQuoted || !l.isText(i)) {
			break
		}
		if l.text[i] == '(' {
			if i = l.endOfTextGroup(i); i < 0 {
				break
			}
		} else {
			i = skipWord(l.text, i)
		}
		end = i
		i = skipSpaces(l.text, i)
	}
	return end
}

// isText reports whether no keyword, relation or filter begins at i.
func (l *lexer) isText(i int) bool {
	if kind, _ := l.keyword(i); kind != tokenText {
		return false
	}
	if _, _, ok := l.relation(i); ok {
		return false
	}
	_, ok := l.filter(i)
	return !ok
}

// endOfTextGroup finds the end of the parentheses at i, or answers -1 when there is more than text inside.
func (l *lexer) endOfTextGroup(i int) int {
	for depth := 0; i < len(l.text); i = skipSpaces(l.text, i) {
		switch l.text[i] {
		case '(':
			depth++
			i++
			continue
		case ')':
			depth--
			i++
			if depth == 0 {
				return i
			}
			continue
		}
		if !l.isText(i) {
			return -1
		}
		if _, end, ok := quoted(l.text, i); ok {
			i = end
			continue
		}
		i = skipWord(l.text, i)
	}
	return -1
}
