package hashing

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestMessagesAreNormalisedAsTheFilesSay(t *testing.T) {
	t.Parallel()
	checkMessages(t, "testdata/messages.txt", First, 50)
	checkMessages(t, "testdata/messages_2.txt", Second, 20)
}

func checkMessages(t *testing.T, file string, by Algorithm, atLeast int) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	unescape := strings.NewReplacer(`\n`, "\n")
	cases := 0
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSuffix(line, "\n")
		message, want, ok := strings.Cut(line, " => ")
		if !ok {
			continue
		}
		cases++
		message, want = unescape.Replace(message), unescape.Replace(want)
		if got, _ := normalizeMessage(message, by.tokens); got != want {
			t.Errorf("%q became %q, want %q", message, got, want)
		}
	}
	if cases < atLeast {
		t.Errorf("%s has %d cases", file, cases)
	}
}

// BenchmarkNormalizeMessage shows that the time grows in proportion to the message, whatever is repeated in it: the
// bytes a second of the two sizes are alike.
func BenchmarkNormalizeMessage(b *testing.B) {
	for _, part := range []string{
		"a", "1", "1a", "a.", "a@", "http:///", "='", `="`, "datetime.datetime(", "::", "1:", "-", "1.", "Jan ", "f", "1.1", "a-",
		"ws://", "0x", "٣",
	} {
		for _, size := range []int{1 << 12, 1 << 15} {
			message := strings.Repeat(part, size/len(part))
			b.Run(fmt.Sprintf("%q/%d", part, size), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					normalizeMessage(message, Second.tokens)
				}
			})
		}
	}
}
