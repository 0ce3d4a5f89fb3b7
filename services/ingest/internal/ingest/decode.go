package ingest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// DecodeObject reads one JSON object. Its numbers are json.Number: a float would change times and large ids. Its texts
// are clean: see Clean. Of two members with one name the last counts.
//
// It accepts what encoding/json accepts, which a fuzz test holds it against, at a third of the cost: it goes over the
// bytes once, and texts are parts of one copy of them. Decoding is half of what the door has to do.
func DecodeObject(data []byte) (map[string]any, error) {
	r := &reader{text: string(data)}
	value, err := r.value()
	if err != nil {
		return nil, malformed(err.Error())
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, malformed(fmt.Sprintf("is %s, expected a JSON object", kindOf(value)))
	}
	if r.space(); r.at < len(r.text) {
		return nil, malformed("has more than one JSON value")
	}
	return object, nil
}

// reader reads JSON from a text. Its methods begin at the place at which their value begins and end behind it.
type reader struct {
	text  string
	at    int
	depth int
}

func (r *reader) value() (any, error) {
	r.space()
	switch b := r.peek(); {
	case b == '{':
		return r.object()
	case b == '[':
		return r.list()
	case b == '"':
		return r.quoted()
	case b == '-' || isDigit(b):
		return r.number()
	case r.word("true"):
		return true, nil
	case r.word("false"):
		return false, nil
	case r.word("null"):
		return nil, nil
	default:
		return nil, r.unexpected("a value")
	}
}

func (r *reader) object() (any, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	object := map[string]any{}
	if r.space(); r.take('}') {
		r.depth--
		return object, nil
	}
	for {
		if r.space(); r.peek() != '"' {
			return nil, r.unexpected("a name")
		}
		name, err := r.quoted()
		if err != nil {
			return nil, err
		}
		if r.space(); !r.take(':') {
			return nil, r.unexpected("a colon")
		}
		if object[name], err = r.value(); err != nil {
			return nil, err
		}
		if more, err := r.another('}'); !more {
			return object, err
		}
	}
}

func (r *reader) list() (any, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	list := []any{}
	if r.space(); r.take(']') {
		r.depth--
		return list, nil
	}
	for {
		element, err := r.value()
		if err != nil {
			return nil, err
		}
		list = append(list, element)
		if more, err := r.another(']'); !more {
			return list, err
		}
	}
}

func (r *reader) enter() error {
	r.at++
	if r.depth++; r.depth > MaxDepth {
		return fmt.Errorf("is nested more than %d levels deep", MaxDepth)
	}
	return nil
}

// another takes a comma, which says that there is more, or the end of an object or a list.
func (r *reader) another(end byte) (bool, error) {
	r.space()
	if r.take(',') {
		return true, nil
	}
	if !r.take(end) {
		return false, r.unexpected("a comma or " + string(end))
	}
	r.depth--
	return false, nil
}

func (r *reader) number() (any, error) {
	start := r.at
	r.take('-')
	if !r.take('0') && !r.digits() {
		return nil, r.unexpected("a digit")
	}
	if r.take('.') && !r.digits() {
		return nil, r.unexpected("a digit")
	}
	if r.take('e') || r.take('E') {
		if !r.take('+') {
			r.take('-')
		}
		if !r.digits() {
			return nil, r.unexpected("a digit")
		}
	}
	return json.Number(r.text[start:r.at]), nil
}

func (r *reader) digits() bool {
	start := r.at
	for isDigit(r.peek()) {
		r.at++
	}
	return r.at > start
}

// quoted gives a text. One that stands there as it is meant is not copied.
func (r *reader) quoted() (string, error) {
	r.at++
	start := r.at
	end := r.plain()
	if r.take('"') {
		text := r.text[start:end]
		if !utf8.ValidString(text) {
			text = string(appendValid(nil, text))
		}
		return text, nil
	}
	buffer := make([]byte, 0, end-start+64)
	for {
		buffer = appendValid(buffer, r.text[start:end])
		switch {
		case r.take('"'):
			return string(buffer), nil
		case r.take('\\'):
			character, err := r.escaped()
			if err != nil {
				return "", err
			}
			buffer = utf8.AppendRune(buffer, character)
		default:
			return "", r.unexpected("the rest of a string")
		}
		start = r.at
		end = r.plain()
	}
}

// plain goes on to the next quote, backslash or control character.
func (r *reader) plain() int {
	for r.at < len(r.text) && isPlain[r.text[r.at]] {
		r.at++
	}
	return r.at
}

// escaped reads what stands behind a backslash. A half of a surrogate pair and NUL are U+FFFD.
func (r *reader) escaped() (rune, error) {
	b := r.peek()
	if b == 'u' {
		return r.hexadecimal()
	}
	i := strings.IndexByte(`"\/bfnrt`, b)
	if i < 0 || r.at == len(r.text) {
		return 0, r.unexpected("an escaped character")
	}
	r.at++
	return rune("\"\\/\b\f\n\r\t"[i]), nil
}

func (r *reader) hexadecimal() (rune, error) {
	first, ok := r.unit()
	if !ok {
		return 0, r.unexpected("four hexadecimal digits")
	}
	if first == 0 {
		return utf8.RuneError, nil
	}
	if !utf16.IsSurrogate(first) {
		return first, nil
	}
	before := r.at
	if r.take('\\') && r.peek() == 'u' {
		if second, ok := r.unit(); ok {
			if pair := utf16.DecodeRune(first, second); pair != utf8.RuneError {
				return pair, nil
			}
		}
	}
	r.at = before
	return utf8.RuneError, nil
}

// unit reads the u of an escape and its four digits.
func (r *reader) unit() (rune, bool) {
	if r.at+5 > len(r.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(r.text[r.at+1:r.at+5], 16, 16)
	if err != nil {
		return 0, false
	}
	r.at += 5
	return rune(n), true
}

func (r *reader) space() {
	for r.at < len(r.text) && isSpace[r.text[r.at]] {
		r.at++
	}
}

// peek gives 0 at the end.
func (r *reader) peek() byte {
	if r.at == len(r.text) {
		return 0
	}
	return r.text[r.at]
}

func (r *reader) take(b byte) bool {
	if r.at < len(r.text) && r.text[r.at] == b {
		r.at++
		return true
	}
	return false
}

func (r *reader) word(word string) bool {
	if !strings.HasPrefix(r.text[r.at:], word) {
		return false
	}
	r.at += len(word)
	return true
}

func (r *reader) unexpected(want string) error {
	if r.at == len(r.text) {
		return fmt.Errorf("is not a JSON object: it ends where %s is expected", want)
	}
	return fmt.Errorf("is not a JSON object: %q at byte %d, expected %s", r.text[r.at], r.at, want)
}

// appendValid makes every byte that is not part of UTF-8 a U+FFFD.
func appendValid(buffer []byte, text string) []byte {
	if utf8.ValidString(text) {
		return append(buffer, text...)
	}
	for _, character := range text {
		buffer = utf8.AppendRune(buffer, character)
	}
	return buffer
}

func isDigit(b byte) bool { return b-'0' <= 9 }

var isSpace = [256]bool{' ': true, '\t': true, '\n': true, '\r': true}

// isPlain: bytes of a string that stand for themselves.
var isPlain = func() (plain [256]bool) {
	for b := range plain {
		plain[b] = b >= ' ' && b != '"' && b != '\\'
	}
	return plain
}()
