package scrub_test

import (
	"testing"
	"unicode/utf8"

	"github.com/picket-io/picket/services/ingest/internal/scrub"
)

// FuzzText holds that scrubbing ends and keeps texts valid and of about their length.
func FuzzText(f *testing.F) {
	for _, seed := range []string{
		"password=hunter2 4111 1111 1111 1111 219-09-9999", "https://a:b@c/?token=d", "Bearer abc.def.1", `"secret": "x"`,
		"-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----", "Authorization: Basic abcdefgh",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := scrub.New(nil)
		once := s.Text(text)
		if utf8.ValidString(text) && !utf8.ValidString(once) {
			t.Errorf("%q became %q", text, once)
		}
		if len(once) > 12*len(text)+12 {
			t.Errorf("%d bytes became %d", len(text), len(once))
		}
	})
}
