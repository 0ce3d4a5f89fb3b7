package hashing

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	lambdas         = regexp.MustCompile(`(?:<lambda(?:_\d+|\([^<>]*\))>|\{lambda\([^{}]*\)#\d+\}|\$_\d+\b|'lambda\d*'(?:\([^()]*\))?|lambda_[a-f0-9]{7,}\b)`)
	anonymousSpaces = regexp.MustCompile("(?:\\?A0x[a-f0-9]{8}|`anonymous namespace'|\\{anonymous\\})")
	rustHash        = regexp.MustCompile(`::h[a-z0-9]{16}$`)
	windowsMark     = regexp.MustCompile(`^@?(.*?)@[0-9]+$`)
	rustBlanket     = regexp.MustCompile(`^[A-Z] as `)
)

// Operators whose names would upset the pairing of brackets are replaced while brackets are paired.
var (
	hideOperators = strings.NewReplacer("operator<<", "operator\uE000\uE000", "operator>>", "operator\uE001\uE001",
		"operator->", "operator-\uE001", "operator<=", "operator\uE000=", "operator>=", "operator\uE001=",
		"operator<", "operator\uE000", "operator>", "operator\uE001", "operator()", "operator\uE002\uE003")
	showOperators = strings.NewReplacer("\uE000", "<", "\uE001", ">", "\uE002", "(", "\uE003", ")")
)

// trimNative cuts the name of a native function out of its signature: without return type, arguments and hashes,
// its type parameters as <T>.
func trimNative(function string) string {
	if function == "<redacted>" || function == "<unknown>" {
		return function
	}
	name := strings.TrimSpace(function)
	if strings.HasPrefix(name, "[") || strings.HasPrefix(name, "+[") || strings.HasPrefix(name, "-[") { // Objective-C
		return function
	}
	name = withoutTrailers(name)
	name = hideOperators.Replace(name)
	name = lambdas.ReplaceAllString(name, "lambda")
	name = anonymousSpaces.ReplaceAllString(name, "(anonymous namespace)")
	name = replaceEnclosed(name, '(', ')', withoutArguments)
	name = replaceEnclosed(name, '<', '>', withoutTypes)
	name = showOperators.Replace(lastWord(name))
	name = rustHash.ReplaceAllString(name, "")
	name = windowsMark.ReplaceAllString(name, "$1")
	if name == "" {
		return function
	}
	return name
}

// withoutTrailers drops the qualifiers of a method: `const` and `&`.
func withoutTrailers(name string) string {
	for {
		shorter := strings.TrimSuffix(name, "&")
		if method, ok := strings.CutSuffix(shorter, "const"); ok && !endsInWord(method) {
			shorter = method
		}
		if shorter == name {
			return name
		}
		name = strings.TrimRight(shorter, " ")
	}
}

func endsInWord(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return text != "" && isWord(r)
}

func withoutArguments(content string, _ int) string {
	if content = strings.TrimSpace(content); content == "anonymous namespace" || content == "operator" {
		return "(" + content + ")"
	}
	return ""
}

// withoutTypes keeps what stands at the beginning: `<Type as Trait>::method` of Rust.
func withoutTypes(content string, at int) string {
	if content == "lambda" {
		return "<lambda>"
	}
	if at > 0 {
		return "<T>"
	}
	content = rustBlanket.ReplaceAllString(content, "")
	content = replaceEnclosed(content, '<', '>', func(string, int) string { return "<T>" })
	content, _, _ = strings.Cut(content, " as ")
	return content
}

// replaceEnclosed replaces each outermost pair of brackets. A bracket that is not closed ends the text.
func replaceEnclosed(text string, open, end byte, replace func(content string, at int) string) string {
	if strings.IndexByte(text, open) < 0 {
		return text
	}
	var out strings.Builder
	depth, start := 0, 0
	for i := range len(text) {
		switch text[i] {
		case open:
			if depth == 0 {
				start = i
			}
			depth++
			continue
		case end:
			if depth > 0 {
				if depth--; depth == 0 {
					out.WriteString(replace(text[start+1:i], start))
				}
				continue
			}
		}
		if depth == 0 {
			out.WriteByte(text[i])
		}
	}
	return out.String()
}

// lastWord drops the return type, and calling conventions before the name. Spaces within brackets do not count.
func lastWord(name string) string {
	name = strings.TrimSpace(name)
	if prefix, ok := strings.CutSuffix(name, " <T>"); ok { // a generic operator of the Microsoft compiler
		return lastWord(prefix) + " <T>"
	}
	if at := strings.LastIndex(name, "operator"); at >= 0 && (at == 0 || name[at-1] == ' ' || name[at-1] == ':') {
		return name[strings.LastIndexByte(name[:at], ' ')+1:]
	}
	depth := 0
	for i := len(name) - 1; i >= 0; i-- {
		switch name[i] {
		case ')', '>':
			depth++
		case '(', '<':
			depth--
		case ' ':
			if depth <= 0 {
				return name[i+1:]
			}
		}
	}
	return name
}
