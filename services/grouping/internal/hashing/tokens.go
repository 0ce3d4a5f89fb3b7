package hashing

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner replaces tokens in one pass from left to right. At each position, the first kind that matches wins. It
// looks at each byte a bounded number of times.
type scanner struct {
	kinds  []tokenKind
	text   string
	at     int
	tokens []Token

	localEnd   int // end of the run of characters of an address's local part, once it was looked for
	noHostname int // no host name begins before this position
	closing    int // where the last search for a closing parenthesis ended
}

// A matcher gives the length of the token of its kind at the scanner's position, or 0.
type tokenKind struct {
	name  string
	match func(*scanner) int
}

// tokenKinds are those of the first version.
var tokenKinds = []tokenKind{
	{"email", (*scanner).email},
	{"url", (*scanner).url},
	{"hostname", (*scanner).hostname},
	{"ip", (*scanner).ip},
	{"uuid", (*scanner).uuid},
	{"sha1", func(s *scanner) int { return s.digest(40) }},
	{"md5", func(s *scanner) int { return s.digest(32) }},
	{"date", (*scanner).date},
	{"duration", (*scanner).duration},
	{"hex", (*scanner).hexadecimal},
	{"float", (*scanner).float},
	{"int", (*scanner).int},
	{"quoted_str", (*scanner).quoted},
	{"bool", (*scanner).boolean},
}

func (s *scanner) replace() (string, []Token) {
	var out strings.Builder
	for s.at < len(s.text) {
		kind, n := s.match()
		if n == 0 {
			_, n = utf8.DecodeRuneInString(s.rest())
			out.WriteString(s.rest()[:n])
			s.at += n
			continue
		}
		text := s.rest()[:n]
		if kind == "quoted_str" || kind == "bool" { // these match from the = on, which stays
			out.WriteByte('=')
			text = text[1:]
		}
		out.WriteString("<" + kind + ">")
		s.tokens = append(s.tokens, Token{Kind: kind, Text: strings.Clone(text)})
		s.at += n
	}
	return out.String(), s.tokens
}

func (s *scanner) match() (kind string, n int) {
	for _, k := range s.kinds {
		if n := k.match(s); n > 0 {
			return k.name, n
		}
	}
	return "", 0
}

func (s *scanner) rest() string { return s.text[s.at:] }

// boundary tells whether a word starts or ends at the position.
func (s *scanner) boundary() bool { return boundary(s.text, s.at) }

func boundary(text string, at int) bool {
	before, after := false, false
	if at > 0 {
		r, _ := utf8.DecodeLastRuneInString(text[:at])
		before = isWord(r)
	}
	if at < len(text) {
		r, _ := utf8.DecodeRuneInString(text[at:])
		after = isWord(r)
	}
	return before != after
}

// run gives the length of the longest run of characters at the beginning of a text.
func run(text string, is func(rune) bool) int {
	if end := strings.IndexFunc(text, func(r rune) bool { return !is(r) }); end >= 0 {
		return end
	}
	return len(text)
}

func isHex(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'f' || 'A' <= r && r <= 'F'
}

func isASCIIAlphanumeric(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

func isLabel(r rune) bool { return isASCIIAlphanumeric(r) || r == '-' }

// uuid: 8-4-4-4-12 hexadecimal digits.
func (s *scanner) uuid() int {
	const length = 36
	rest := s.rest()
	if len(rest) < length || !s.boundary() || !boundary(s.text, s.at+length) {
		return 0
	}
	for i := range length {
		c := rune(rest[i])
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return 0
			}
		} else if !isHex(c) {
			return 0
		}
	}
	return length
}

// digest: a number of hexadecimal digits, no more and no fewer.
func (s *scanner) digest(length int) int {
	if len(s.rest()) < length || !s.boundary() || !boundary(s.text, s.at+length) ||
		run(s.rest()[:length], isHex) < length {
		return 0
	}
	return length
}

// duration: any number of milliseconds, or one digit, perhaps with a fraction, of seconds.
func (s *scanner) duration() int {
	rest := s.rest()
	r, n := utf8.DecodeRuneInString(rest)
	if !unicode.IsDigit(r) {
		return 0
	}
	if s.boundary() { // only there, or a long number would be read from each of its digits
		if digits := run(rest, unicode.IsDigit); strings.HasPrefix(rest[digits:], "ms") {
			return digits + 2
		}
	}
	if strings.HasPrefix(rest[n:], ".") {
		if fraction := run(rest[n+1:], unicode.IsDigit); fraction > 0 {
			n += 1 + fraction
		}
	}
	if strings.HasPrefix(rest[n:], "s") && boundary(s.text, s.at+n+1) {
		return n + 1
	}
	return 0
}

func (s *scanner) hexadecimal() int {
	rest := s.rest()
	if len(rest) < 3 || rest[0] != '0' || rest[1] != 'x' && rest[1] != 'X' || !s.boundary() {
		return 0
	}
	n := run(rest[2:], isHex)
	if n == 0 || !boundary(s.text, s.at+2+n) {
		return 0
	}
	return 2 + n
}

// number gives the lengths of a sign and of the digits behind it. Without a sign, a number begins at a boundary.
func (s *scanner) number() (sign, digits int) {
	rest := s.rest()
	if strings.HasPrefix(rest, "-") {
		sign = 1
	} else if r, _ := utf8.DecodeRuneInString(rest); !unicode.IsDigit(r) || !s.boundary() {
		return 0, 0
	}
	return sign, run(rest[sign:], unicode.IsDigit)
}

func (s *scanner) float() int {
	sign, digits := s.number()
	n := sign + digits
	if digits == 0 || !strings.HasPrefix(s.rest()[n:], ".") {
		return 0
	}
	fraction := run(s.rest()[n+1:], unicode.IsDigit)
	if n += 1 + fraction; fraction == 0 || !boundary(s.text, s.at+n) {
		return 0
	}
	return n
}

func (s *scanner) int() int {
	sign, digits := s.number()
	if digits == 0 || !boundary(s.text, s.at+sign+digits) {
		return 0
	}
	return sign + digits
}

// quoted: a text in quotes, only behind a =.
func (s *scanner) quoted() int {
	rest := s.rest()
	if len(rest) < 4 || rest[0] != '=' || rest[1] != '\'' && rest[1] != '"' {
		return 0
	}
	end := strings.IndexByte(rest[2:], rest[1])
	if end <= 0 {
		return 0
	}
	return end + 3
}

// boolean: only behind a =.
func (s *scanner) boolean() int {
	for _, word := range []string{"=True", "=true", "=False", "=false"} {
		if strings.HasPrefix(s.rest(), word) {
			return len(word)
		}
	}
	return 0
}
