package searchquery

import "strings"

// String joins the nodes by spaces. Texts side by side are quoted, or they would be one; a text that cannot be quoted
// is kept by AND from what stands before it, which might take it in.
func (a And) String() string {
	var b strings.Builder
	for i, n := range a {
		if i > 0 {
			b.WriteByte(' ')
		}
		switch n := n.(type) {
		case Or:
			b.WriteString("(" + n.String() + ")")
		case *FreeText:
			before, after := i > 0 && isText(a[i-1]), i+1 < len(a) && isText(a[i+1])
			if i > 0 && n.unquotable() {
				b.WriteString("AND ")
			}
			b.WriteString(n.print(before || after))
		default:
			b.WriteString(n.String())
		}
	}
	return b.String()
}

func isText(n Node) bool {
	_, ok := n.(*FreeText)
	return ok
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
	case *Filter, *Relative, Not:
		return "NOT " + n.Node.String()
	}
	return "NOT (" + n.Node.String() + ")"
}

// String writes the relation before parentheses.
func (r *Relative) String() string { return r.Relation + ":(" + r.Node.String() + ")" }

// String puts quotes around the text unless it is plain words.
func (t *FreeText) String() string { return t.print(false) }

func (t *FreeText) print(quotes bool) string {
	s := rawString(t.Value)
	if t.unquotable() || !quotes && isBare(s) {
		return s
	}
	return quote(s)
}

// unquotable reports whether the text ends with a backslash: the closing quote would belong to it. Such a text must
// have been written without quotes.
func (t *FreeText) unquotable() bool { return strings.HasSuffix(rawString(t.Value), `\`) }

// isBare reports whether a text is words that mean nothing else.
func isBare(s string) bool {
	for _, word := range strings.Split(s, " ") {
		if _, isKeyword := keywords[word]; word == "" || isKeyword {
			return false
		}
	}
	return !strings.ContainsAny(s, "\"():!\t\n\r") && s[0] != ',' // `[a] , b` could be the middle of a list
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
