package scrub

// What a text may hold, found in one pass over its bytes.
type traits uint8

const (
	sensitiveWord traits = 1 << iota // a word that names a secret
	bearerWord
	pemMark
	urlMark
)

// words that name secrets, as parts of keys. Dashes and spaces count as underscores, capitals as small letters.
var words = []string{
	"password", "passwd", "secret", "api_key", "apikey", "auth", "credentials", "mysql_pwd", "privatekey", "private_key",
	"token", "bearer", "set_cookie",
}

// automaton finds all words at once: for every state and byte the next state, and what has been found in it.
type automaton struct {
	classes [256]uint8 // 0: a byte of no word
	width   int
	next    []uint16
	found   []traits
	step    []step // next and found in one place, for speed
}

type step struct {
	row   uint16 // of the next state
	found traits
}

var finder = newAutomaton(func() map[string]traits {
	all := map[string]traits{"-----begin": pemMark, "://": urlMark}
	for _, word := range words {
		all[word] |= sensitiveWord
	}
	all["bearer"] |= bearerWord
	return all
}())

func fold(b byte) byte {
	switch {
	case b >= 'A' && b <= 'Z':
		return b + 'a' - 'A'
	case b == '-' || b == ' ':
		return '_'
	default:
		return b
	}
}

func newAutomaton(patterns map[string]traits) *automaton {
	a := &automaton{width: 1}
	for pattern := range patterns {
		for i := range len(pattern) {
			if b := fold(pattern[i]); a.classes[b] == 0 {
				a.classes[b] = uint8(a.width)
				a.width++
			}
		}
	}
	for b := range a.classes {
		a.classes[b] = a.classes[fold(byte(b))]
	}
	a.addState()
	for pattern, trait := range patterns {
		state := 0
		for i := range len(pattern) {
			edge := state*a.width + int(a.classes[pattern[i]])
			if a.next[edge] == 0 {
				a.next[edge] = uint16(a.addState())
			}
			state = int(a.next[edge])
		}
		a.found[state] |= trait
	}
	a.link()
	for _, next := range a.next {
		a.step = append(a.step, step{next * uint16(a.width), a.found[next]})
	}
	return a
}

func (a *automaton) addState() int {
	a.next = append(a.next, make([]uint16, a.width)...)
	a.found = append(a.found, 0)
	return len(a.found) - 1
}

// link makes every missing step that of the longest ending that is a beginning too, state by state from the root.
func (a *automaton) link() {
	fallback := make([]int, len(a.found))
	var queue []int
	for _, child := range a.next[:a.width] {
		if child != 0 {
			queue = append(queue, int(child))
		}
	}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		a.found[state] |= a.found[fallback[state]]
		for class := range a.width {
			edge, other := state*a.width+class, a.next[fallback[state]*a.width+class]
			if child := int(a.next[edge]); child != 0 {
				fallback[child] = int(other)
				queue = append(queue, child)
			} else {
				a.next[edge] = other
			}
		}
	}
}

// look says what a text may hold and how many digits it has.
func look(text string) (found traits, digits int) {
	row := 0 // of the state
	for i := range len(text) {
		b := text[i]
		if b-'0' <= 9 {
			digits++
		}
		step := finder.step[row+int(finder.classes[b])]
		row = int(step.row)
		found |= step.found
	}
	return found, digits
}
