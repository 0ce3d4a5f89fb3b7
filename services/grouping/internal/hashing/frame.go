package hashing

import (
	"regexp"
	"strings"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
)

// frameComponent hashes module or file name, function and context line of a frame.
func frameComponent(f *errorevent.Frame) *Component {
	module, filename := moduleComponent(f), filenameComponent(f)
	if module.Contributes() && filename.Contributes() {
		filename.mute("module takes precedence")
	}
	context := contextComponent(f)
	function := functionComponent(f, context.Contributes())
	frame := node("frame", module, filename, function, context)
	if isLowQuality(f) {
		frame.mute("ignored low quality javascript frame")
	}
	return frame
}

// marks of generated code, in the names of Java classes: the text behind the first group changes with every build.
var generated = []*regexp.Regexp{
	regexp.MustCompile(`(\$\$\w+?CGLIB\$\$)[a-fA-F0-9]+(?:_[0-9]+)?`),
	javassist,
	regexp.MustCompile(`(\$fn__)\d+`),
	regexp.MustCompile(`(\$\$EnhancerBy\w+?\$\$)[a-fA-F0-9]+(?:_[0-9]+)?`),
	regexp.MustCompile(`(\$\$FastClassBy\w+?\$\$)[a-fA-F0-9]+(?:_[0-9]+)?`),
	regexp.MustCompile(`(\$HibernateProxy\$)\w+`),
}

var javassist = regexp.MustCompile(`(\$\$_javassist)(?:_seam)?(?:_[0-9]+)?`)

// accessors are classes that Java's reflection makes, numbered as they are made.
var accessors = regexp.MustCompile(`^((?:sun\.reflect|jdk\.internal\.reflect)\.Generated(?:SerializationConstructor|Constructor|Method)Accessor)\d*`)

func moduleComponent(f *errorevent.Frame) *Component {
	c := leaf("module", f.Module)
	switch {
	case f.Module == "":
	case f.Platform == "javascript" && strings.Contains(f.Module, "/") && strings.HasSuffix(f.AbsPath, f.Module):
		c.mute("ignored bad javascript module")
	case f.Platform == "java" && strings.Contains(f.Module, "$$Lambda$"):
		c.mute("ignored java lambda")
	case f.Platform == "java":
		if m := accessors.FindStringSubmatch(f.Module); m != nil {
			c.replace(m[1], "removed reflection marker")
			break
		}
		module := f.Module
		for _, mark := range generated {
			module = mark.ReplaceAllString(module, "${1}<auto>")
		}
		if module != f.Module {
			c.replace(module, "removed codegen marker")
		}
	}
	return c
}

func filenameComponent(f *errorevent.Frame) *Component {
	name := strings.ToLower(f.Filename[strings.LastIndexAny(f.Filename, `/\`)+1:])
	c := leaf("filename", name)
	switch {
	case name == "":
	case isURL(f.AbsPath, false):
		c.mute("ignored because frame points to a URL")
	case name == "<anonymous>":
		c.mute("anonymous filename discarded")
	case name == "[native code]":
		c.mute("native code indicated by filename")
	case f.Platform == "java":
		if clean := javassist.ReplaceAllString(name, "${1}<auto>"); clean != name {
			c.replace(clean, "cleaned javassist parts")
		}
	}
	return c
}

// isURL tells whether a path is a URL; one of a file counts only where asked.
func isURL(path string, files bool) bool {
	for _, scheme := range []string{"http:", "https:", "applewebdata:", "blob:"} {
		if strings.HasPrefix(path, scheme) {
			return true
		}
	}
	return files && strings.HasPrefix(path, "file:")
}

const maxContextLine = 120 // characters; longer lines are minified code

func contextComponent(f *errorevent.Frame) *Component {
	switch f.Platform {
	case "javascript", "node", "python", "php", "ruby":
	default:
		return leaf("context-line")
	}
	line := strings.Join(strings.FieldsFunc(f.ContextLine, isSpace), " ")
	c := leaf("context-line", line)
	switch {
	case line == "":
	case longerThan(f.ContextLine, maxContextLine):
		c.mute("discarded because line too long")
	case errorevent.FamilyOf(f.Platform) == errorevent.JavaScript && f.Function == "" && isURL(f.AbsPath, true):
		c.mute("discarded because from URL origin and no function")
	}
	return c
}

func longerThan(text string, characters int) bool {
	if len(text) <= characters {
		return false
	}
	for range text {
		characters--
	}
	return characters < 0
}

// isLowQuality: code that was evaluated, and code of the browser itself.
func isLowQuality(f *errorevent.Frame) bool {
	if errorevent.FamilyOf(f.Platform) != errorevent.JavaScript {
		return false
	}
	function := f.RawFunction
	if function == "" {
		function = f.Function
	}
	switch f.AbsPath {
	case "[native code]", "native code", "eval code", "<anonymous>":
		return true
	default:
		return lastSegment(function) == "eval"
	}
}
