package exceptions

import (
	"regexp"
	"slices"
	"strings"
)

var goPlace = regexp.MustCompile(`^\t(.+):(\d+)(?: \+0x[0-9a-f]+)?$`)

// parseGo reads what runtime/debug.Stack gives, which says nothing of the error itself. The calls that took the trace are
// left out.
func parseGo(lines []string) []thrown {
	var frames []frame
	for i := 0; i+1 < len(lines); i++ {
		place := goPlace.FindStringSubmatch(lines[i+1])
		call := lines[i]
		if place == nil || strings.HasPrefix(call, "\t") {
			continue
		}
		i++
		if strings.HasPrefix(call, "created by ") {
			continue
		}
		if end := strings.LastIndexByte(call, '('); end > 0 {
			call = call[:end]
		}
		folder, last := cutLast(call, "/")
		name, function, _ := strings.Cut(last, ".")
		module := name
		if folder != "" {
			module = folder + "/" + name
		}
		tookTrace := module == "runtime/debug" || strings.HasPrefix(module, "go.opentelemetry.io/otel/sdk/trace")
		if tookTrace && len(frames) == 0 {
			continue
		}
		frames = append(frames, at(module, function, place[1], place[2]))
	}
	return []thrown{{frames: reversed(frames)}}
}

var javaCall = regexp.MustCompile(`^\s*at (?:[^/()\s]*/+)*([^()\s]+)\(([^():]*)(?::(\d+))?\)`)

// parseJava reads the traces of the languages of the JVM, and those that OpenTelemetry's SDK for PHP writes alike.
func parseJava(lines []string) []thrown {
	var chain []thrown
	suppressed := false
	for i, line := range lines {
		cause, isCause := strings.CutPrefix(line, "Caused by: ")
		switch {
		case isCause || i == 0 && !javaCall.MatchString(line):
			suppressed = false
			t := thrown{}
			t.kind, t.message = header(cause)
			if i == 0 {
				t.kind, t.message = header(strings.TrimPrefix(line, "Exception in thread "))
			}
			chain = append(chain, t)
			continue
		case strings.HasPrefix(strings.TrimSpace(line), "Suppressed: "):
			suppressed = true
		}
		call := javaCall.FindStringSubmatch(line)
		if call == nil || suppressed {
			continue
		}
		if len(chain) == 0 {
			chain = []thrown{{}}
		}
		file := call[2]
		if file == "Native Method" || file == "Unknown Source" {
			file = ""
		}
		module, function := cutLast(call[1], ".")
		last := &chain[len(chain)-1]
		last.frames = append(last.frames, at(module, function, file, call[3]))
	}
	for i := range chain {
		reversed(chain[i].frames)
	}
	slices.Reverse(chain) // the cause comes last there
	return chain
}

var pythonCall = regexp.MustCompile(`^\s*File "(.+)", line (\d+)(?:, in (.+))?$`)

// parsePython reads tracebacks, of which the earlier ones are what the later ones came of.
func parsePython(lines []string) []thrown {
	var chain []thrown
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if strings.HasPrefix(line, "Traceback (most recent call last)") {
			chain = append(chain, thrown{})
			continue
		}
		if len(chain) == 0 {
			continue
		}
		last := &chain[len(chain)-1]
		call := pythonCall.FindStringSubmatch(line)
		switch {
		case call != nil:
			f := frame{Function: call[3], Filename: call[1], AbsPath: call[1], Line: number(call[2]), InApp: true}
			if i+1 < len(lines) && strings.HasPrefix(lines[i+1], "    ") && !pythonCall.MatchString(lines[i+1]) {
				f.Context = strings.TrimSpace(lines[i+1])
				i++
			}
			last.frames = append(last.frames, f)
		case line != "" && line[0] != ' ' && last.kind == "" && len(last.frames) > 0:
			last.kind, last.message = header(line)
		}
	}
	return chain
}

var (
	nodeCall    = regexp.MustCompile(`^\s*at (?:(?:async |new )*(.+?) \()?(?:async )?(\S+?):(\d+)(?::(\d+))?\)?$`)
	browserCall = regexp.MustCompile(`^(.*?)@(\S+?):(\d+)(?::(\d+))?$`)
	nodeCause   = regexp.MustCompile(`^\s*(?:\[cause\]|Caused by): (.*?)(?: \{)?$`)
)

// parseJavaScript reads the traces of V8, and those that Firefox and Safari write.
func parseJavaScript(lines []string) []thrown {
	chain := []thrown{{}}
	for i, line := range lines {
		last := &chain[len(chain)-1]
		call := nodeCall.FindStringSubmatch(line)
		if call == nil {
			call = browserCall.FindStringSubmatch(line)
		}
		switch cause := nodeCause.FindStringSubmatch(line); {
		case cause != nil:
			t := thrown{}
			t.kind, t.message = header(cause[1])
			chain = append(chain, t)
		case call != nil:
			f := at("", call[1], strings.TrimPrefix(call[2], "file://"), call[3])
			f.Column = number(call[4])
			f.InApp = !strings.HasPrefix(call[2], "node:")
			if f.AbsPath != "" { // bundles have the same base names in several folders
				f.Filename = f.AbsPath
			}
			last.frames = append(last.frames, f)
		case i == 0:
			last.kind, last.message = header(line)
		}
	}
	for i := range chain {
		reversed(chain[i].frames)
	}
	slices.Reverse(chain)
	return chain
}

var dotNetCall = regexp.MustCompile(`^\s*at ([^()]+)\([^()]*\)(?: in (.+):line (\d+))?$`)

// parseDotNet reads traces in which the calls of inner exceptions come before those of outer ones.
func parseDotNet(lines []string) []thrown {
	var headers []thrown // outer ones first
	sections := [][]frame{nil}
	for i, line := range lines {
		call := dotNetCall.FindStringSubmatch(line)
		switch {
		case call != nil:
			module, function := cutLast(call[1], ".")
			last := &sections[len(sections)-1]
			*last = append(*last, at(module, function, call[2], call[3]))
		case strings.Contains(line, "--- End of inner exception stack trace ---"):
			sections = append(sections, nil)
		case i == 0 || strings.HasPrefix(strings.TrimSpace(line), "---> "):
			for _, one := range strings.Split(line, "---> ") {
				if strings.TrimSpace(one) == "" {
					continue
				}
				t := thrown{}
				t.kind, t.message = header(one)
				headers = append(headers, t)
			}
		}
	}
	slices.Reverse(headers)
	for len(headers) < len(sections) {
		headers = append(headers, thrown{})
	}
	headers = headers[len(headers)-len(sections):]
	for i := range sections {
		headers[i].frames = reversed(sections[i])
	}
	return headers
}

var (
	rubyCall  = regexp.MustCompile("^\\s*(?:from |\\d+: from )?(\\S[^:]*):(\\d+)(?::in [`'](.+?)')?(?::|$)")
	rubyError = regexp.MustCompile(`^.*?: (.*) \(([A-Z][\w:]*)\)$`)
)

// parseRuby reads what an exception's full message is, and a bare backtrace.
func parseRuby(lines []string) []thrown {
	t := thrown{}
	for i, line := range lines {
		call := rubyCall.FindStringSubmatch(line)
		if call == nil {
			continue
		}
		if told := rubyError.FindStringSubmatch(line); told != nil && i == 0 {
			t.kind, t.message = told[2], told[1]
		}
		t.frames = append(t.frames, at("", call[3], call[1], call[2]))
	}
	reversed(t.frames)
	return []thrown{t}
}

var phpCall = regexp.MustCompile(`^#\d+ (?:(.+?)\((\d+)\)|\[internal function\]): (.+?)\(`)

// parsePHP reads PHP's own traces, and those that OpenTelemetry's SDK writes in the way of Java.
func parsePHP(lines []string) []thrown {
	t := thrown{}
	for _, line := range lines {
		if call := phpCall.FindStringSubmatch(line); call != nil {
			module, function := cutLast(strings.ReplaceAll(call[3], "->", "::"), "::")
			t.frames = append(t.frames, at(module, function, call[1], call[2]))
		}
	}
	if len(t.frames) == 0 {
		return parseJava(lines)
	}
	reversed(t.frames)
	return []thrown{t}
}
