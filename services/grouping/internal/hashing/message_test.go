package hashing

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestMessagesAreNormalisedAsTheFileSays(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/messages.txt")
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
		if got, _ := normalizeMessage(message); got != want {
			t.Errorf("%q became %q, want %q", message, got, want)
		}
	}
	if cases < 50 {
		t.Errorf("the file has %d cases", cases)
	}
}

func TestNormalisingTakesTimeInProportionToTheMessage(t *testing.T) {
	t.Parallel()
	const size = 1 << 18
	for _, part := range []string{
		"a", "1", "1a", "a.", "a@", "http:///", "='", `="`, "datetime.datetime(", "::", "1:", "-", "1.", "Jan ", "f", "1.1", "a-",
		"ws://", "0x", "٣",
	} {
		began := time.Now()
		normalizeMessage(strings.Repeat(part, size/len(part)))
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("256 KiB of %q took %s", part, took)
		}
	}
}
