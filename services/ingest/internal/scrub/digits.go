package scrub

import "strings"

// group is a run of digits in a text.
type group struct{ from, to int }

// digits takes card numbers and social security numbers out. Both may have their digits in groups.
func (s *Scrubber) digits(text string) string {
	var b strings.Builder
	var room [8]group // most runs have one
	end := 0
	for from := 0; from < len(text); {
		run := groupsAt(room[:0], text, from)
		if len(run) == 0 {
			from++
			continue
		}
		for i := 0; i < len(run); {
			n := secretGroups(text, run[i:])
			if n == 0 {
				i++
				continue
			}
			s.Redacted++
			b.WriteString(text[end:run[i].from])
			b.WriteString(Filtered)
			end = run[i+n-1].to
			i += n
		}
		from = run[len(run)-1].to
	}
	if end == 0 {
		return text
	}
	b.WriteString(text[end:])
	return b.String()
}

// groupsAt adds the groups of digits that begin at a place, with a space or a dash between them. What stands in a word or
// in a fraction is none.
func groupsAt(groups []group, text string, from int) []group {
	i := from
	for {
		start := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		if i == start {
			break
		}
		groups = append(groups, group{start, i})
		if i == len(text) || text[i] != ' ' && text[i] != '-' {
			break
		}
		i++
	}
	if len(groups) == 0 {
		return nil
	}
	if first := groups[0].from; first > 0 && (isWord(text[first-1]) || text[first-1] == '.') {
		groups[0].from = groups[0].to // counts as no digits, and ends a number
	}
	if last := &groups[len(groups)-1]; last.to < len(text) && isWord(text[last.to]) {
		last.from = last.to
	}
	return groups
}

func isDigit(b byte) bool { return b-'0' <= 9 }

func isWord(b byte) bool {
	return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'z' || b == '_' || b >= 0x80
}

// secretGroups says how many of the groups, from the first, are a secret.
func secretGroups(text string, groups []group) int {
	if isSSN(text, groups) {
		return 3
	}
	const shortest, longest, most, largest = 13, 19, 5, 6 // digits, groups, digits of a group that is not alone
	number := ""
	found := 0
	for i, g := range groups[:min(len(groups), most)] {
		if g.from == g.to || i > 0 && max(groups[0].to-groups[0].from, g.to-g.from) > largest {
			break
		}
		number += text[g.from:g.to]
		if len(number) > longest {
			break
		}
		if len(number) >= shortest && isCard(number) {
			found = i + 1
		}
	}
	return found
}

// isSSN knows 123-45-6789, without the numbers that are never given.
func isSSN(text string, groups []group) bool {
	if len(groups) < 3 || len(groups) > 3 && text[groups[2].to] == '-' {
		return false
	}
	area, mid, serial := text[groups[0].from:groups[0].to], text[groups[1].from:groups[1].to], text[groups[2].from:groups[2].to]
	if len(area) != 3 || len(mid) != 2 || len(serial) != 4 || text[groups[0].to] != '-' || text[groups[1].to] != '-' {
		return false
	}
	if groups[0].from > 0 && text[groups[0].from-1] == '-' {
		return false
	}
	return area != "000" && area != "666" && area[0] != '9' && mid != "00" && serial != "0000"
}

// isCard knows the ranges of the networks and their check digit.
func isCard(number string) bool {
	for i := range len(number) {
		if !isDigit(number[i]) {
			return false
		}
	}
	return hasNetwork(number) && luhn(number)
}

func hasNetwork(number string) bool {
	two, three, four := number[:2], number[:3], number[:4]
	switch n := len(number); {
	case number[0] == '4': // Visa
		return n == 13 || n == 16 || n == 19
	case two >= "51" && two <= "55", four >= "2221" && four <= "2720": // Mastercard
		return n == 16
	case two == "34" || two == "37": // American Express
		return n == 15
	case two == "36" || two == "38" || two == "39" || three >= "300" && three <= "305": // Diners Club
		return n == 14 || n == 16
	case two == "35", four == "6011", two == "65", three >= "644" && three <= "649": // JCB, Discover
		return n >= 16
	case two == "62": // UnionPay
		return n >= 16
	default:
		return false
	}
}

func luhn(number string) bool {
	sum, double := 0, false
	for i := len(number) - 1; i >= 0; i-- {
		digit := int(number[i] - '0')
		if double {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum, double = sum+digit, !double
	}
	return sum%10 == 0
}
