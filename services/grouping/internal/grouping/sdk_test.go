package grouping

import "testing"

func TestTheFamilyOfAnSDK(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"sentry.python":                  "sentry.python",
		"sentry.python.django":           "sentry.python",
		"Sentry.Go.HTTP":                 "sentry.go",
		"sentry.javascript":              "sentry.javascript",
		"sentry.javascript.react":        "sentry.javascript.react",
		"sentry.javascript.react.router": "sentry.javascript.react",
		"sentry.native.unity.2":          "sentry.native.unity",
		"sentry":                         "other",
		"sentry.":                        "other",
		"sentryish.go":                   "other",
		"opentelemetry.go":               "other",
		"":                               "other",
	} {
		if got := normalizedSDK(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
