package hashing

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parts of the forms of dates. Digits and spaces are those of any script.
const (
	digit    = `\p{Nd}`
	space    = `[\s\v\x{1c}-\x{1f}\x{85}\p{Z}]`
	day      = `(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)`
	fullDay  = `(?:Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday)`
	month    = `(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)`
	zone     = `(?:UT|GMT|[ECMP](?:ST|DT)|[A-IK-Z])`
	offset   = `[-+]` + digit + `{2}[0-5]` + digit
	clock    = `[0-2]` + digit + `:[0-5]` + digit + `:[0-5]` + digit
	anyClock = digit + `{2}:` + digit + `{2}:` + digit + `{2}`
)

func forms(list ...string) *regexp.Regexp {
	return regexp.MustCompile(`\A(?:` + strings.Join(list, `|`) + `)`)
}

// The forms by how they begin, in the order in which they are tried. Small expressions are much faster than one.
var (
	namedDates = forms(
		// Fri, 06 Jun 2024 22:43:01 +0000, as in mail and HTTP
		day+`,`+space+digit+`{1,2}`+space+month+space+digit+`{2,4}`+space+
			digit+`{1,2}:`+digit+`{1,2}(?::`+digit+`{1,2})?`+space+`(?:`+offset+`|`+zone+`)`,
		// Thu Jun 06, 2024
		`(?:`+day+space+`)?`+month+space+`[0-3]`+digit+`,`+space+digit+`{2,4}`,
		// Thursday, 06-Jun-24 22:43:01 GMT
		fullDay+`,`+space+digit+`{2}-`+month+`-`+digit+`{2}`+space+anyClock+space+zone,
	)
	numberedDates = forms(
		// 2024-06-06T22:43:01.1Z
		digit+`{4}-`+digit+`{2}-`+digit+`{2}T`+anyClock+`(?:\.`+digit+`+)?Z?(?:[+-]?`+digit+`{2}:`+digit+`{2})?`,
		// 2024-06-06 22:43:01.1, 20240606 22:43:01
		digit+`{4}-?[01]`+digit+`-?[0-3]`+digit+space+clock+`(?:\.`+digit+`+)?`,
		// 2024-06-06T22:43Z
		digit+`{4}-[01]`+digit+`-[0-3]`+digit+`T[0-2]`+digit+`:[0-5]`+digit+`(?:[+-][0-2]`+digit+`:[0-5]`+digit+`|Z)`,
		// 2024-06-06
		digit+`{4}-[01]`+digit+`-[0-3]`+digit,
	)
	// 10:43 PM
	timesOfDay = forms(digit + `{1,2}:` + digit + `{2}(?::` + digit + `{2})?(?: [aApP][Mm])?`)
)

// The forms that only begin where a word does.
var (
	// Thu Jun  6 22:43:01 2024
	wordDates = forms(`(?:` + day + space + `+)?` + month + space + `+` + digit + `{1,2}` + space + `+` + anyClock + space + `+` + digit + `{4}`)
	// 6 Jun 2024 22:43 GMT
	mailDates = forms(`(?:` + day + `,` + space + `+)?(?:0[1-9]|[1-2]?` + digit + `|3[01])` + space + `+` + month + space +
		`+(?:19` + digit + `{2}|[2-9]` + digit + `{3})` + space + `+(?:2[0-3]|[0-1]` + digit + `):[0-5]` + digit +
		`(?::(?:60|[0-5]` + digit + `))?` + space + `+(?:` + offset + `|` + zone + `)`)
)

// maxDate bounds how much of a message a date is looked for in.
const maxDate = 96

func (s *scanner) date() int {
	rest := s.rest()
	window := rest[:min(len(rest), maxDate)]
	digits, next := leadingDigits(rest)
	switch {
	case digits == 0 && strings.IndexByte("SMTWFJANOD", rest[0]) >= 0:
		return s.first(window, namedDates, wordDates, mailDates)
	case digits == 0:
		return s.pythonDate()
	case digits <= 2 && next == ':':
		return s.first(window, timesOfDay, nil, nil)
	case digits <= 2 && isSpace(next):
		return s.first(window, nil, mailDates, nil)
	case digits == 4 && next == '-' || digits > 4:
		return s.first(window, numberedDates, nil, nil)
	default:
		return 0
	}
}

// first gives the length of the first form that matches; the two others only where a word begins.
func (s *scanner) first(window string, anywhere, atWord, atWordToo *regexp.Regexp) int {
	if anywhere != nil {
		if n := len(anywhere.FindString(window)); n > 0 {
			return n
		}
	}
	if atWord == nil || !s.boundary() {
		return 0
	}
	if n := len(atWord.FindString(window)); n > 0 || atWordToo == nil {
		return n
	}
	return len(atWordToo.FindString(window))
}

// leadingDigits counts the digits at the beginning of a text, up to 5, and gives the character behind them.
func leadingDigits(text string) (digits int, next rune) {
	for digits < 5 {
		r, n := utf8.DecodeRuneInString(text)
		if !unicode.IsDigit(r) {
			return digits, r
		}
		digits++
		text = text[n:]
	}
	return digits, 0
}

// pythonDate: how Python prints a date, up to the first parenthesis that closes on the line.
func (s *scanner) pythonDate() int {
	const prefix = "datetime.datetime("
	if !strings.HasPrefix(s.rest(), prefix) {
		return 0
	}
	if s.closing <= s.at {
		s.closing = len(s.text)
		if n := strings.IndexAny(s.rest()[len(prefix):], ")\n"); n >= 0 {
			s.closing = s.at + len(prefix) + n
		}
	}
	if s.closing < s.at+len(prefix) || s.closing == len(s.text) || s.text[s.closing] != ')' {
		return 0
	}
	return s.closing + 1 - s.at
}
