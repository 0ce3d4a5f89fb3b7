// Package shortid writes and reads the ids that people use for issues, such as BACKEND-2F: the project's slug in
// capitals and the number in the project, in base 32 without the letters that are mistaken for others.
package shortid

import (
	"math"
	"strings"
)

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Format gives the short id of a number, which is 1 or more.
func Format(projectSlug string, number int64) string {
	return strings.ToUpper(projectSlug) + "-" + encode(number)
}

func encode(number int64) string {
	if number == 0 {
		return "0"
	}
	var digits [13]byte // 64 bits, 5 a digit
	at := len(digits)
	for ; number > 0; number /= 32 {
		at--
		digits[at] = alphabet[number%32]
	}
	return string(digits[at:])
}

// Parse reads a short id in any spelling: an `issue:` before it, any case, `-`, `_` or a space before the number,
// O for 0 and I or L for 1. The slug is given back in lower case. A text that is no short id gives ok = false.
func Parse(text string) (projectSlug string, number int64, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	text = strings.TrimPrefix(text, "issue:")
	at := strings.LastIndexAny(text, "-_ ")
	if at < 1 || at == len(text)-1 {
		return "", 0, false
	}
	number, ok = decode(text[at+1:])
	if !ok || number == 0 {
		return "", 0, false
	}
	return text[:at], number, true
}

func decode(code string) (int64, bool) {
	var number int64
	for _, c := range strings.ToUpper(code) {
		digit := strings.IndexRune(alphabet, unmistaken(c))
		if digit < 0 || number > math.MaxInt64/32 {
			return 0, false
		}
		number = number*32 + int64(digit)
	}
	return number, true
}

func unmistaken(c rune) rune {
	switch c {
	case 'O':
		return '0'
	case 'I', 'L':
		return '1'
	default:
		return c
	}
}
