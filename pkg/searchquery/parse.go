package searchquery

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/picket-io/picket/pkg/searchquery/fields"
)

// Parse reads a query whose keys have the meaning that the table gives them. Its errors are of type *Error.
// An empty query is an empty And.
func Parse(text string, table *fields.Table) (Node, error) {
	if len(text) > MaxBytes {
		return nil, &Error{
			Column:   1,
			Message:  fmt.Sprintf("the query has %d bytes", len(text)),
			Expected: fmt.Sprintf("at most %d", MaxBytes),
		}
	}
	if i := firstUnreadable(text); i >= 0 {
		return nil, &Error{Column: column(text, i), Message: "the query is not UTF-8 text without zero bytes"}
	}
	p := &parser{text: text, table: table, lexer: lexer{text: text, table: table}}
	p.advance()
	root, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.token.kind == tokenClose {
		return nil, p.unbalanced(p.token.pos, "nothing opens this parenthesis")
	}
	return validate(root)
}

// firstUnreadable finds what a database could not take as text.
func firstUnreadable(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) || r == 0 {
			return i
		}
	}
	return -1
}

// parser holds the next token; its methods consume what they read.
type parser struct {
	text    string
	table   *fields.Table
	lexer   lexer
	token   token
	before  token // the one consumed last
	filters int
}

func (p *parser) advance() {
	p.before, p.token = p.token, p.lexer.next()
}

// or reads terms joined by OR, up to a closing parenthesis or the end.
func (p *parser) or(depth int) (Node, error) {
	var nodes []Node
	for {
		n, err := p.and(depth)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
		if p.token.kind != tokenOr {
			return newOr(nodes), nil
		}
		p.advance()
	}
}

// and reads terms side by side, with or without the word AND between them. Only a whole query may have none.
func (p *parser) and(depth int) (Node, error) {
	var nodes []Node
	for {
		switch p.token.kind {
		case tokenFilter, tokenText, tokenNot, tokenOpen, tokenRelation:
			n, err := p.term(depth)
			if err != nil {
				return nil, err
			}
			nodes = append(nodes, n)
			if p.token.kind != tokenAnd {
				continue
			}
			p.advance()
		case tokenEnd:
			if p.before.kind == tokenEnd { // the query is empty
				return And{}, nil
			}
			fallthrough
		default:
			if len(nodes) == 0 || p.before.kind == tokenAnd {
				return nil, p.missing()
			}
			return newAnd(nodes), nil
		}
	}
}

func (p *parser) term(depth int) (Node, error) {
	t := p.token
	switch t.kind {
	case tokenNot, tokenOpen, tokenRelation:
		if depth == MaxDepth {
			return nil, &Error{
				Column:   column(p.text, t.pos),
				Message:  "parentheses and NOTs are too deep inside one another",
				Expected: fmt.Sprintf("at most %d levels", MaxDepth),
			}
		}
	default:
		if p.filters++; p.filters > MaxFilters {
			return nil, &Error{
				Column:   column(p.text, t.pos),
				Message:  "the query has too many filters",
				Expected: fmt.Sprintf("at most %d", MaxFilters),
			}
		}
	}
	p.advance()
	switch t.kind {
	case tokenNot:
		n, err := p.term(depth + 1)
		if err != nil {
			return nil, err
		}
		return Not{n}, nil
	case tokenOpen:
		return p.group(t.opening(p.text), depth)
	case tokenRelation:
		n, err := p.group(t.opening(p.text), depth)
		if err != nil {
			return nil, err
		}
		relative := &Relative{Relation: t.text, Node: n, Column: column(p.text, t.pos)}
		if t.negated {
			return Not{relative}, nil
		}
		return relative, nil
	case tokenFilter:
		r := resolver{text: p.text, table: p.table}
		return r.filter(t.filter)
	}
	return p.freeText(t)
}

// group reads what stands in the parentheses that were opened.
func (p *parser) group(opened, depth int) (Node, error) {
	n, err := p.or(depth + 1)
	if err != nil {
		return nil, err
	}
	if p.token.kind != tokenClose {
		return nil, p.unbalanced(opened, "nothing closes this parenthesis")
	}
	p.advance()
	return n, nil
}

// freeText makes the node of a text. Only a text without quotes can end with a backslash; one that opens a quote
// besides was meant to end there, and no other text could say it.
func (p *parser) freeText(t token) (Node, error) {
	if strings.HasSuffix(t.text, `\`) {
		if err := checkQuotes(p.text, rawText{text: t.text, pos: t.pos}); err != nil {
			return nil, err
		}
	}
	return &FreeText{Value: textValue(t.text), Column: column(p.text, t.pos)}, nil
}

// missing is the error of an AND, an OR or a parenthesis without a condition beside it.
func (p *parser) missing() error {
	words := map[tokenKind]string{tokenAnd: "AND", tokenOr: "OR"}
	before, after := words[p.before.kind], words[p.token.kind]
	e := &Error{Column: column(p.text, p.token.pos), Found: after, Expected: "a filter, a text or a parenthesis"}
	switch {
	case before != "" && after != "":
		e.Message = fmt.Sprintf("a condition is missing between %s and %s", before, after)
	case before != "":
		e.Column = column(p.text, p.before.pos)
		e.Found = before
		e.Message = fmt.Sprintf("a condition is missing on the right of %s", before)
	case after != "":
		e.Message = fmt.Sprintf("a condition is missing on the left of %s", after)
	case p.before.opens() && p.token.kind == tokenEnd:
		return p.unbalanced(p.before.opening(p.text), "nothing closes this parenthesis")
	case p.before.opens():
		e.Column = column(p.text, p.before.opening(p.text))
		e.Message = "there is nothing in these parentheses"
	default:
		return p.unbalanced(p.token.pos, "nothing opens this parenthesis")
	}
	return e
}

func (p *parser) unbalanced(pos int, message string) error {
	return &Error{
		Column:   column(p.text, pos),
		Message:  message,
		Found:    p.text[pos : pos+1],
		Expected: "parentheses in pairs; put text that contains one in double quotes",
	}
}
