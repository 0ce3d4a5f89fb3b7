package hashing

import (
	_ "embed"
	"strings"
	"unicode/utf8"
)

// email: a local part and labels; the domain needs no dot.
func (s *scanner) email() int {
	if s.at >= s.localEnd {
		s.localEnd = s.at + run(s.rest(), isLocal)
	}
	end := s.localEnd
	if end == s.at || end == len(s.text) || s.text[end] != '@' {
		return 0
	}
	n := run(s.text[end+1:], isLabel)
	if n == 0 {
		return 0
	}
	for end += 1 + n; strings.HasPrefix(s.text[end:], "."); end += 1 + n {
		if n = run(s.text[end+1:], isLabel); n == 0 {
			break
		}
	}
	return end - s.at
}

func isLocal(r rune) bool {
	return isASCIIAlphanumeric(r) || r < utf8.RuneSelf && strings.ContainsRune(".!#$%&'*+/=?^_`{|}~-", r)
}

// url: up to white space.
func (s *scanner) url() int {
	rest := s.rest()
	for _, scheme := range []string{"ws://", "wss://", "http://", "https://", "ftp://"} {
		host, ok := strings.CutPrefix(rest, scheme)
		if !ok || host == "" || !s.boundary() {
			continue
		}
		first, size := utf8.DecodeRuneInString(host)
		second, _ := utf8.DecodeRuneInString(host[size:])
		if isSpace(first) || strings.ContainsRune("/$.?#", first) || size == len(host) || isSpace(second) {
			continue
		}
		return len(scheme) + run(host, func(r rune) bool { return !isSpace(r) })
	}
	return 0
}

//go:embed domains.txt
var domainsText string

// topDomains are the last labels by which host names are known, in small letters and in capitals.
var topDomains = func() map[string]bool {
	domains := map[string]bool{}
	for line := range strings.Lines(domainsText) {
		for domain := range strings.FieldsSeq(line) {
			if strings.HasPrefix(domain, "#") {
				break
			}
			domains[domain], domains[strings.ToUpper(domain)] = true, true
		}
	}
	return domains
}()

const maxLabel = 63

// hostname: labels with dots, of which the first that may end a name does.
func (s *scanner) hostname() int {
	if s.at < s.noHostname || !s.boundary() {
		return 0
	}
	rest := s.rest()
	for n := 0; ; {
		label := run(rest[n:min(n+maxLabel+1, len(rest))], isLabel)
		if label == 0 || label > maxLabel || !strings.HasPrefix(rest[n+label:], ".") {
			s.noHostname = s.at + n
			return 0
		}
		n += label + 1
		word := run(rest[n:min(n+maxLabel, len(rest))], isWord)
		if topDomains[rest[n:n+word]] {
			return n + word
		}
	}
}

// ip: an address of version 4 or 6, or two colons, by which C++ and others join names.
func (s *scanner) ip() int {
	rest := s.rest()
	if n := ipv4(rest); n > 0 && s.boundary() && boundary(s.text, s.at+n) {
		return n
	}
	before, _ := utf8.DecodeLastRuneInString(s.text[:s.at])
	if s.at == 0 || !isWord(before) && before != ':' {
		if n := ipv6(rest); n > 0 {
			return n
		}
	}
	if strings.HasPrefix(rest, "::") {
		return 2
	}
	return 0
}

// ipv4 reads four numbers up to 255.
func ipv4(text string) int {
	n := 0
	for part := range 4 {
		if part > 0 {
			if !strings.HasPrefix(text[n:], ".") {
				return 0
			}
			n++
		}
		digits := run(text[n:min(n+4, len(text))], func(r rune) bool { return '0' <= r && r <= '9' })
		number := text[n : n+digits]
		if digits == 0 || digits > 3 || digits == 3 && number > "255" {
			return 0
		}
		n += digits
	}
	return n
}

// ipv6 reads eight groups, or fewer with two colons in one place for those that are zero. It wants a decimal digit, so
// that `dead::beef` stays what it is in most messages, a name.
func ipv6(text string) int {
	groups, n, shortened, digit := 0, 0, false, false
	for groups < 8 {
		if strings.HasPrefix(text[n:], "::") && !shortened {
			shortened = true
			n += 2
		} else if groups > 0 && !strings.HasSuffix(text[:n], "::") {
			if !strings.HasPrefix(text[n:], ":") {
				break
			}
			n++
		}
		if v4 := ipv4(text[n:]); v4 > 0 && shortened {
			return closed(text, n+v4, true)
		}
		length := run(text[n:min(n+5, len(text))], isHex)
		if length == 0 || length > 4 {
			if !strings.HasSuffix(text[:n], "::") {
				return 0
			}
			break
		}
		digit = digit || strings.ContainsAny(text[n:n+length], "0123456789")
		n += length
		groups++
	}
	if groups < 8 && !shortened {
		return 0
	}
	if strings.HasPrefix(text[n:], "%") { // the zone
		n += 1 + run(text[n+1:], isASCIIAlphanumeric)
	}
	return closed(text, n, digit)
}

// closed: an address does not end within a word.
func closed(text string, n int, digit bool) int {
	r, _ := utf8.DecodeRuneInString(text[n:])
	if !digit || n < len(text) && isWord(r) {
		return 0
	}
	return n
}
