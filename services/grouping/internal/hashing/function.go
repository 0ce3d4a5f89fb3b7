package hashing

import (
	"regexp"
	"strings"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
)

// functionComponent hashes the name of a frame's function, without what changes from build to build.
func functionComponent(f *errorevent.Frame, contextContributes bool) *Component {
	name := functionName(f)
	c := leaf("function", name)
	if name == "" {
		return c
	}
	family := errorevent.FamilyOf(f.Platform)
	switch {
	case f.Platform == "ruby":
		rubyFunction(c, name)
	case f.Platform == "php":
		phpFunction(c, name)
	case f.Platform == "java" && strings.HasPrefix(name, "lambda$"):
		c.mute("ignored lambda function")
	case family == errorevent.Native && (name == "<redacted>" || name == "<unknown>"):
		c.mute("ignored unknown function")
	case family == errorevent.JavaScript:
		javaScriptFunction(c, name, f.Sourcemap && contextContributes)
	}
	return c
}

// functionName chooses between the two names of a function. Where only one name was sent, it may have a signature.
func functionName(f *errorevent.Frame) string {
	if f.Platform == "csharp" && f.RawFunction != "" {
		return f.RawFunction
	}
	if f.Function == "" || f.RawFunction != "" {
		if f.Function == "" {
			return f.RawFunction
		}
		return f.Function
	}
	switch {
	case f.Platform == "csharp":
		name, _, _ := strings.Cut(f.Function, " (")
		return name
	case errorevent.FamilyOf(f.Platform) == errorevent.Native:
		return trimNative(f.Function)
	default:
		return f.Function
	}
}

var erbSuffix = regexp.MustCompile(`__\d{4,}_\d{4,}$`)

func rubyFunction(c *Component, name string) {
	if strings.HasPrefix(name, "block ") {
		c.replace("block", "ruby block")
	} else if clean := erbSuffix.ReplaceAllString(name, ""); clean != name {
		c.replace(clean, "removed generated erb template suffix")
	}
}

func phpFunction(c *Component, name string) {
	const anonymous = "class@anonymous"
	switch {
	case strings.HasPrefix(name, "[Anonymous"),
		strings.HasPrefix(name, anonymous+"\x00"), strings.HasPrefix(name, anonymous+"\uFFFD"): // as the door writes NUL
		c.mute("ignored anonymous function")
	case strings.HasPrefix(name, anonymous):
		if at := strings.LastIndex(name, "::"); at >= 0 {
			c.replace(name[at+2:], "anonymous class method")
		}
	}
}

func javaScriptFunction(c *Component, name string, betterKnown bool) {
	short := lastSegment(name)
	if short != name {
		c.replace(short, "trimmed javascript function")
	}
	switch short {
	case "?", "<anonymous function>", "<anonymous>", "Anonymous function":
		c.mute("ignored unknown function name")
	case "":
		c.mute("ignored empty function name")
	default:
		if strings.HasSuffix(short, "/<") {
			c.mute("ignored unknown function name")
		} else if betterKnown {
			c.mute("ignored because sourcemap used and context line available")
		}
	}
}

func lastSegment(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
