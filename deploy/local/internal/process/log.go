package process

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// An EndedError is a process that ended without being asked to.
type EndedError struct {
	Name string
	How  string
	Log  string
	Tail string // the last lines of the log
}

func (e *EndedError) Error() string {
	if e.Tail == "" {
		return fmt.Sprintf("%s ended (%s) and printed nothing", e.Name, e.How)
	}
	return fmt.Sprintf("%s ended (%s); the last lines of %s:\n%s", e.Name, e.How, e.Log, e.Tail)
}

const (
	tailLines = 15
	tailBytes = 8 << 10
)

// tail returns the last lines of a log, indented. What cannot be read is left out: it is only a help to the reader.
func tail(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	if size, err := file.Seek(0, io.SeekEnd); err == nil {
		_, _ = file.Seek(max(0, size-tailBytes), io.SeekStart)
	}
	text, _ := io.ReadAll(file)
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	lines = lines[max(0, len(lines)-tailLines):]
	if len(lines) == 1 && lines[0] == "" {
		return ""
	}
	return "  " + strings.Join(lines, "\n  ")
}
