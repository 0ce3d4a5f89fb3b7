package search

import (
	"math"
	"strconv"
	"strings"

	"github.com/picket-io/picket/pkg/searchquery"
)

// NamesLatest reports whether a query asks for the latest releases.
func NamesLatest(tree searchquery.Node) bool {
	named := false
	searchquery.Walk(tree, func(n searchquery.Node) bool {
		if f, ok := n.(*searchquery.Filter); ok && !f.Tag && (f.Key == "release" || f.Key == "first_release" || f.Key == "regressed_in_release") {
			named = named || namesLatest(f.Value)
		}
		return !named
	})
	return named
}

func namesLatest(value searchquery.Value) bool {
	if list, ok := value.(searchquery.List); ok {
		for _, item := range list {
			if namesLatest(item) {
				return true
			}
		}
	}
	return value == searchquery.String("latest")
}

// FollowsSemver judges a project by whether its ten newest releases are semantic versions, the newest first. Grouping
// judges in the same way.
func FollowsSemver(newest []bool) bool {
	semantic := func(n int) (count int) {
		for _, is := range newest[:min(n, len(newest))] {
			if is {
				count++
			}
		}
		return count
	}
	switch n := len(newest); {
	case n < 3:
		return semantic(1) == 1
	case n < 10:
		return semantic(3) > 0
	default:
		return semantic(3) > 0 && semantic(10) >= 3
	}
}

// Version is a semantic version that a query compares with.
type Version struct {
	Package    string
	Numbers    []int64 // at most four
	Prerelease string
	Parts      bool // all versions that begin with the numbers
}

// ReadVersion reads a value of a field of versions: the parser has checked it.
func ReadVersion(value searchquery.Value) (v Version) {
	var text string
	switch value := value.(type) {
	case searchquery.String:
		text = string(value)
	case searchquery.Pattern:
		text = string(value)
	}
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		v.Package, text = text[:at], text[at+1:]
	}
	text, _, _ = strings.Cut(text, "+")
	end := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	numbers := text
	if end >= 0 {
		numbers, v.Prerelease = text[:end], strings.TrimPrefix(text[end:], "-")
		v.Parts = v.Prerelease == "*" || v.Prerelease == "X"
	}
	for _, part := range strings.FieldsFunc(numbers, func(r rune) bool { return r == '.' }) {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			n = math.MaxInt64 // no version has it
		}
		v.Numbers = append(v.Numbers, n)
	}
	if v.Numbers = v.Numbers[:min(4, len(v.Numbers))]; v.Parts {
		v.Prerelease = ""
	}
	return v
}
