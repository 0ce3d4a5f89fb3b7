package hashing

import (
	"strings"
	"unicode"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
)

// Token is a text that was replaced by its kind, because it changes from event to event.
type Token struct{ Kind, Text string }

const maxMessageLines = 2

// messageComponent hashes the template of a message where there is one. An empty message is hashed too.
func (b builder) messageComponent(m *errorevent.Message) *Component {
	raw := m.Raw
	if raw == "" {
		raw = m.Formatted
	}
	c := b.messageLeaf("message", raw)
	if len(c.Values) == 0 {
		c.Values = []string{""}
	}
	return c
}

func (b builder) messageLeaf(id, raw string) *Component {
	normal, tokens := normalizeMessage(raw, b.algorithm.tokens)
	c := leaf(id, normal)
	c.Tokens = tokens
	if normal != raw {
		c.Hint = "stripped event-specific values"
	}
	return c
}

// normalizeMessage keeps the first lines of a message and replaces what is special about one event.
func normalizeMessage(message string, kinds []tokenKind) (string, []Token) {
	short := firstLines(message)
	if short != message {
		short += "..."
	}
	s := scanner{kinds: kinds, text: short}
	return s.replace()
}

// firstLines joins the first lines that are not blank.
func firstLines(message string) string {
	var lines []string
	for message != "" && len(lines) < maxMessageLines {
		line := message
		if end := strings.IndexFunc(message, isLineEnd); end >= 0 {
			line, message = message[:end], afterLineEnd(message[end:])
		} else {
			message = ""
		}
		if strings.TrimFunc(line, isSpace) != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func afterLineEnd(text string) string {
	if strings.HasPrefix(text, "\r\n") {
		return text[2:]
	}
	for i := range text {
		if i > 0 {
			return text[i:]
		}
	}
	return ""
}

func isLineEnd(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
		return true
	default:
		return false
	}
}

// isSpace: the separators of information of ASCII count as white space, as where these rules come from.
func isSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }
