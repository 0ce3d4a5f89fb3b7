package shortid_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/picket-io/picket/pkg/shortid"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	for number, want := range map[int64]string{
		1: "API-1", 10: "API-A", 31: "API-Z", 32: "API-10", 1000: "API-Z8", 1023: "API-ZZ", 1024: "API-100", 123456: "API-3RJ0",
	} {
		if got := shortid.Format("api", number); got != want {
			t.Errorf("%d is %s, want %s", number, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		slug   string
		number int64
		ok     bool
	}{
		"API-3RJ0":           {"api", 123456, true},
		" issue:api_3rj0 ":   {"api", 123456, true},
		"my-web-app z8":      {"my-web-app", 1000, true},
		"api-LO":             {"api", 32, true},
		"api-U":              {},
		"api":                {},
		"api-":               {},
		"-1":                 {},
		"api-0":              {},
		"api-ZZZZZZZZZZZZZZ": {},
		"12345":              {},
	} {
		slug, number, ok := shortid.Parse(text)
		if slug != want.slug || number != want.number || ok != want.ok {
			t.Errorf("%q is %q, %d, %v; want %v", text, slug, number, ok, want)
		}
	}
}

func TestParseReadsWhatFormatWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		slug := rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?`).Draw(t, "slug")
		number := rapid.Int64Range(1, math.MaxInt64).Draw(t, "number")
		gotSlug, gotNumber, ok := shortid.Parse(shortid.Format(slug, number))
		if !ok || gotSlug != slug || gotNumber != number {
			t.Errorf("got %q, %d, %v", gotSlug, gotNumber, ok)
		}
	})
}
