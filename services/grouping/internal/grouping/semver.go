package grouping

import (
	"cmp"
	"strconv"
	"strings"
)

// semver is a version such as backend@1.4.0-rc.1+7. The package and the build have no part in the order.
type semver struct {
	numbers    [4]uint64 // major, minor, patch, revision
	prerelease []string  // empty for a release, which comes after its prereleases
}

// parseSemver reads package@version, where the version has one to four numbers. Searches compare versions by columns
// that the database makes of them (grouping_read.releases), which must agree.
func parseSemver(text string) (v semver, ok bool) {
	at := strings.LastIndexByte(text, '@')
	if at <= 0 {
		return semver{}, false
	}
	version, _, _ := strings.Cut(text[at+1:], "+")
	version, prerelease, isPrerelease := strings.Cut(version, "-")
	parts := strings.Split(version, ".")
	if len(parts) > len(v.numbers) {
		return semver{}, false
	}
	for i, part := range parts {
		if v.numbers[i], ok = parseNumber(part); !ok {
			return semver{}, false
		}
	}
	if isPrerelease {
		if prerelease == "" {
			return semver{}, false
		}
		v.prerelease = strings.Split(prerelease, ".")
	}
	return v, true
}

// parseNumber reads digits, as many as surely fit into 64 bits.
func parseNumber(text string) (number uint64, ok bool) {
	number, err := strconv.ParseUint(text, 10, 64)
	return number, err == nil && len(text) <= 18
}

func (v semver) compare(other semver) int {
	for i := range v.numbers {
		if c := cmp.Compare(v.numbers[i], other.numbers[i]); c != 0 {
			return c
		}
	}
	if len(v.prerelease) == 0 || len(other.prerelease) == 0 {
		return cmp.Compare(len(other.prerelease), len(v.prerelease))
	}
	for i := range min(len(v.prerelease), len(other.prerelease)) {
		if c := comparePrerelease(v.prerelease[i], other.prerelease[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(v.prerelease), len(other.prerelease))
}

// comparePrerelease puts numbers before words.
func comparePrerelease(a, b string) int {
	x, isNumberA := parseNumber(a)
	y, isNumberB := parseNumber(b)
	switch {
	case isNumberA && isNumberB:
		return cmp.Compare(x, y)
	case isNumberA:
		return -1
	case isNumberB:
		return 1
	default:
		return strings.Compare(a, b)
	}
}

// compareSemver compares two versions; ok is false when one of them is none.
func compareSemver(a, b string) (order int, ok bool) {
	x, okA := parseSemver(a)
	y, okB := parseSemver(b)
	return x.compare(y), okA && okB
}

// FollowsSemver judges by the latest ten releases of a project, the newest first.
func FollowsSemver(newest []string) bool {
	semvers := func(n int) (count int) {
		for _, version := range newest[:min(n, len(newest))] {
			if _, ok := parseSemver(version); ok {
				count++
			}
		}
		return count
	}
	switch n := len(newest); {
	case n < 3:
		return semvers(1) == 1
	case n < 10:
		return semvers(3) > 0
	default:
		return semvers(3) > 0 && semvers(10) >= 3
	}
}

// LatestVersion gives the highest of some versions; empty when none of them is semantic.
func LatestVersion(versions []string) string {
	latest := ""
	for _, version := range versions {
		if _, ok := parseSemver(version); !ok {
			continue
		}
		if order, ok := compareSemver(version, latest); !ok || order > 0 {
			latest = version
		}
	}
	return latest
}
