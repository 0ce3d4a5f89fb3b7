package hashing

import "slices"

// Algorithm is a version of the algorithm. What a version computes never changes.
type Algorithm struct {
	Name   string // for people
	Number int16  // as it is stored with each hash; 0 is the hash of a fingerprint that came with an occurrence
	tokens []tokenKind
	// appFirst: where all frames are of the application, the hash is that of `app`, and not of `system`.
	appFirst bool
}

// The versions.
var (
	// First is what new projects begin with. It hashes as the original did in July 2024.
	First = Algorithm{Name: "picket:1", Number: 1, tokens: tokenKinds}
	// Second also replaces trace parents, short commit ids and bare hexadecimal numbers in messages.
	Second = Algorithm{Name: "picket:2", Number: 2, tokens: laterTokenKinds(), appFirst: true}
)

// Algorithms lists the versions, the first one first.
func Algorithms() []Algorithm { return []Algorithm{First, Second} }

// AlgorithmNamed gives a version by its name; the first one for an empty name, which projects from before versions have.
func AlgorithmNamed(name string) (Algorithm, bool) {
	if name == "" {
		return First, true
	}
	at := slices.IndexFunc(Algorithms(), func(a Algorithm) bool { return a.Name == name })
	if at < 0 {
		return Algorithm{}, false
	}
	return Algorithms()[at], true
}

func laterTokenKinds() []tokenKind {
	later := make([]tokenKind, 0, len(tokenKinds)+3)
	for _, kind := range tokenKinds {
		switch kind.name {
		case "ip":
			later = append(later, kind, tokenKind{"traceparent", (*scanner).traceParent})
		case "hex":
			later = append(later, kind, tokenKind{"git_sha", (*scanner).shortCommit}, tokenKind{"hex", (*scanner).bareHex})
		default:
			later = append(later, kind)
		}
	}
	return later
}

// traceParent: version, trace, span and flags of W3C's header.
func (s *scanner) traceParent() int {
	const length = 2 + 1 + 32 + 1 + 16 + 1 + 2
	rest := s.rest()
	if len(rest) < length || !s.boundary() || !boundary(s.text, s.at+length) {
		return 0
	}
	for i := range length {
		if isDash := i == 2 || i == 35 || i == 52; isDash && rest[i] != '-' || !isDash && !isHex(rune(rest[i])) {
			return 0
		}
	}
	return length
}

// shortCommit: seven hexadecimal digits, as git shortens ids.
func (s *scanner) shortCommit() int {
	if n := s.bareHex(); n == 7 {
		return n
	}
	return 0
}

// bareHex: a word of four or more hexadecimal digits, with a letter and a digit among them, or it might be a word or a
// number.
func (s *scanner) bareHex() int {
	if !s.boundary() {
		return 0
	}
	n := run(s.rest(), isHex)
	if n < 4 || !boundary(s.text, s.at+n) {
		return 0
	}
	digits := 0
	for _, c := range []byte(s.rest()[:n]) {
		if '0' <= c && c <= '9' {
			digits++
		}
	}
	if digits == 0 || digits == n {
		return 0
	}
	return n
}
