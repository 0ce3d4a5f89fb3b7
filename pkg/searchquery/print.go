package searchquery

import "strings"

// String joins the nodes by spaces. Between two texts that need no quotes it writes the AND, or they would be one.
func (a And) String() string {
	var b strings.Builder
	wasBare := false
	for i, n := range a {
		bare := isBareNode(n)
		if i > 0 {
			b.WriteByte(' ')
			if bare && wasBare {
				b.WriteString("AND ")
			}
		}
		if _, ok := n.(Or); ok {
			b.WriteString("(" + n.String() + ")")
		} else {
			b.WriteString(n.String())
		}
		wasBare = bare
	}
	return b.String()
}

// String joins the nodes by OR. It needs no parentheses around an And, which binds tighter.
func (o Or) String() string {
	parts := make([]string, 0, len(o))
	for _, n := range o {
		parts = append(parts, n.String())
	}
	return strings.Join(parts, " OR ")
}

// String puts parentheses around all but filters, because NOT before a text would be text.
func (n Not) String() string {
	switch n.Node.(type) {
	case *Filter, Not:
		return "NOT " + n.Node.String()
	}
	return "NOT (" + n.Node.String() + ")"
}

// String puts quotes around the text unless it is plain words.
func (t *FreeText) String() string {
	s := rawString(t.Value)
	if isBare(s) {
		return s
	}
	return quote(s)
}

func isBareNode(n Node) bool {
	t, ok := n.(*FreeText)
	return ok && isBare(rawString(t.Value))
}

// isBare reports whether a free text can stand without quotes. A text that ends with a backslash cannot stand in
// them, and must have been written without.
func isBare(s string) bool {
	if strings.HasSuffix(s, `\`) {
		return true
	}
	for _, word := range strings.Split(s, " ") {
		if _, isKeyword := keywords[word]; word == "" || isKeyword {
			return false
		}
	}
	return !strings.ContainsAny(s, "\"():!\t\n\r")
}

// rawString is the text of a String or Pattern with the escapes that unescape takes out.
func rawString(v Value) string {
	switch v := v.(type) {
	case String:
		return escape(v)
	case Pattern:
		return string(v)
	}
	return ""
}

func quote(s string) string { return `"` + escapeQuotes(s) + `"` }

func escapeQuotes(s string) string { return strings.ReplaceAll(s, `"`, `\"`) }

// String writes `has:` for comparisons with the empty text, and otherwise the key with operator and value.
func (f *Filter) String() string {
	if f.Value == String("") {
		if f.Op == NotEqual {
			return "has:" + printKey(f.Name)
		}
		return "!has:" + printKey(f.Name)
	}
	key := printKey(f.Name)
	if f.Tag && (f.Name == "is" || f.Name == "has") {
		key = `"` + key + `"` // in quotes it is a tag like any other
	}
	switch v := f.Value.(type) {
	case Date:
		return key + ":" + printDate(v, f.Op)
	case RelativeDate:
		return key + ":" + printRelative(v, f.Op)
	case List:
		return f.bang() + key + ":" + printList(v)
	case Number:
		return f.bang() + key + ":" + f.comparison() + printNumber(v)
	case Enum:
		return f.bang() + key + ":" + v.Name
	}
	return f.bang() + key + ":" + printText(rawString(f.Value), f.comparison())
}

// bang is the exclamation mark of the negative operators.
func (f *Filter) bang() string {
	if f.Op == NotEqual || f.Op == NotIn {
		return "!"
	}
	return ""
}

func (f *Filter) comparison() string {
	if f.Op.ordered() {
		return string(f.Op)
	}
	return ""
}

// printKey puts quotes around a key with a colon.
func printKey(name string) string {
	if inner, ok := strings.CutPrefix(name, "tags["); ok {
		return "tags[" + printKey(strings.TrimSuffix(inner, "]")) + "]"
	}
	if strings.Contains(name, ":") {
		return `"` + name + `"`
	}
	return name
}

// printText writes the value of a text filter. Quotes are left out where they are not needed, and where they cannot
// be: a text before whose end stands a backslash. That one must not look like an operator or a list either, which an
// explicit operator sees to.
func printText(s, op string) string {
	looksTyped := strings.HasPrefix(s, "[") || op == "" && startsWithOp(s)
	needsQuotes := s == "" || looksTyped || strings.ContainsAny(s, " \t\n\r()")
	switch {
	case !needsQuotes:
		return op + escapeQuotes(s)
	case strings.HasSuffix(s, `\`) && op == "":
		return "=" + escapeQuotes(s)
	}
	return op + quote(s)
}

func startsWithOp(s string) bool {
	op, _ := scanOp(s, 0)
	return op != ""
}
