package exceptions

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// maxFrames is how many calls of a stack are kept: those next to the exception.
const maxFrames = 250

// thrown is an exception as a stack trace tells of it. Its calls are in the order of frame.
type thrown struct {
	kind, message string
	frames        []frame
}

// parser reads the stack traces of a language: causes before what they caused.
type parser func(lines []string) []thrown

var parsers = map[string]parser{
	"go": parseGo, "java": parseJava, "python": parsePython, "nodejs": parseJavaScript, "webjs": parseJavaScript,
	"dotnet": parseDotNet, "ruby": parseRuby, "php": parsePHP,
}

// parse reads a stack trace in the way of its language and, where that finds nothing, in the way that finds most calls.
func parse(text, language string) []thrown {
	if text == "" {
		return nil
	}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	var found []thrown
	if of := parsers[language]; of != nil {
		found = of(lines)
	}
	if count(found) == 0 {
		for _, name := range []string{"java", "python", "nodejs", "go", "dotnet", "php", "ruby"} {
			if other := parsers[name](lines); count(other) > count(found) {
				found = other
			}
		}
	}
	if count(found) == 0 {
		return nil
	}
	for i := range found {
		found[i].frames = found[i].frames[max(0, len(found[i].frames)-maxFrames):]
	}
	return found
}

func count(all []thrown) int {
	calls := 0
	for _, t := range all {
		calls += len(t.frames)
	}
	return calls
}

// at makes a call at a place in a file.
func at(module, function, file, line string) frame {
	f := frame{Module: module, Function: function, Line: number(line), InApp: true}
	if file != "" {
		f.Filename = path.Base(strings.ReplaceAll(file, `\`, "/"))
		if f.Filename != file {
			f.AbsPath = file
		}
	}
	return f
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// header reads `type: message`.
func header(line string) (kind, message string) {
	kind, message, _ = strings.Cut(strings.TrimSpace(line), ":")
	return strings.TrimSpace(kind), strings.TrimSpace(message)
}

// reversed puts calls that were told innermost first into the order of frame.
func reversed(frames []frame) []frame {
	slices.Reverse(frames)
	return frames
}

// cutLast splits at the last separator; what has none is all behind it.
func cutLast(text, separator string) (before, after string) {
	if i := strings.LastIndex(text, separator); i >= 0 {
		return text[:i], text[i+len(separator):]
	}
	return "", text
}
