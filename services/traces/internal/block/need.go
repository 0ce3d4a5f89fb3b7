package block

import (
	"slices"
	"strconv"

	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// Need is what the tokens of a block must be like for it to have spans that satisfy a query: one of the tokens, or
// what all or any of some other needs say. Nil says nothing: every block may have some.
type Need struct {
	Tokens []uint64
	Traces []int32 // instead: tokens of traces
	All    []*Need // rare ones first
	Any    []*Need
	Rare   bool // few blocks meet it, by the look of it
}

// NeedOf is what some queries need, of which a span satisfies any.
func NeedOf(organizationID int64, queries []Query) *Need {
	h := newHasher(organizationID)
	needs := make([]*Need, len(queries))
	for i, q := range queries {
		needs[i] = h.needOfQuery(q)
	}
	return anyNeed(needs)
}

func (h hasher) needOfQuery(q Query) *Need {
	needs := []*Need{h.need(q.Tree)}
	if q.Metric != nil {
		needs = append(needs, h.needOfMetric(q.Metric))
	}
	return allNeeds(needs)
}

// allNeeds leaves out those that say nothing.
func allNeeds(needs []*Need) *Need {
	needs = slices.DeleteFunc(needs, func(n *Need) bool { return n == nil })
	switch len(needs) {
	case 0:
		return nil
	case 1:
		return needs[0]
	}
	slices.SortStableFunc(needs, func(a, b *Need) int {
		switch {
		case a.Rare == b.Rare:
			return 0
		case a.Rare:
			return -1
		}
		return 1
	})
	return &Need{All: needs, Rare: needs[0].Rare}
}

// anyNeed says nothing when one of the needs does.
func anyNeed(needs []*Need) *Need {
	for _, n := range needs {
		if n == nil {
			return nil
		}
	}
	switch len(needs) {
	case 0:
		return nil
	case 1:
		return needs[0]
	}
	return &Need{Any: needs, Rare: !slices.ContainsFunc(needs, func(n *Need) bool { return !n.Rare })}
}

func (h hasher) need(node searchquery.Node) *Need {
	switch node := node.(type) {
	case searchquery.And:
		needs := make([]*Need, len(node))
		for i, below := range node {
			needs[i] = h.need(below)
		}
		return allNeeds(needs)
	case searchquery.Or:
		needs := make([]*Need, len(node))
		for i, below := range node {
			needs[i] = h.need(below)
		}
		return anyNeed(needs)
	case *searchquery.Filter:
		return h.needOfFilter(node)
	}
	return nil
}

func (h hasher) needOfFilter(f *searchquery.Filter) *Need {
	isPresence := f.Op == searchquery.NotEqual && f.Value == searchquery.String("")
	if _, negated := positive(f); negated && !isPresence {
		return nil
	}
	w, isWord := wordFields[f.Key]
	switch {
	case f.Key == "trace" && !f.Tag:
		return h.needOfTraces(f.Value)
	case isWord && !f.Tag:
		return h.needOfWord(w, f.Value)
	case f.Tag || !isBuiltIn(f.Key):
		return h.needOfAttribute(f, isPresence)
	}
	return nil
}

// isBuiltIn tells the fields that are not attributes.
func isBuiltIn(key string) bool {
	_, isNumber := numberFields[key]
	_, isID := idFields[key]
	switch key {
	case "message", "span.status", "is_transaction", "span.kind", "span.module", "timestamp", "project", "project.id":
		return true
	}
	return isNumber || isID
}

func (h hasher) needOfTraces(v searchquery.Value) *Need {
	n := &Need{Traces: []int32{}, Rare: true}
	for _, text := range texts(v) {
		if id, ok := traces.ParseTraceID(text); ok {
			n.Traces = append(n.Traces, h.trace(id))
		}
	}
	return n
}

// rareWords are the fields of which a value is in few blocks.
var rareWords = map[word]bool{wordTransaction: true, wordRelease: true, wordUser: true}

func (h hasher) needOfWord(w word, v searchquery.Value) *Need {
	if w == wordDescription || !isEquality(v) {
		return nil
	}
	n := &Need{Rare: rareWords[w]}
	for _, text := range texts(v) {
		n.Tokens = append(n.Tokens, h.word(w, text))
	}
	return n
}

func (h hasher) needOfAttribute(f *searchquery.Filter, isPresence bool) *Need {
	n := &Need{Rare: f.Key != "service.name" && !isPresence && isEquality(f.Value)}
	for _, key := range candidates(f) {
		if !isPresence && isEquality(f.Value) {
			n.Tokens = append(n.Tokens, h.literals(key, literals(f.Value))...)
			continue
		}
		n.Tokens = append(n.Tokens, h.token(tokenKey, key))
	}
	if isPresence || isEquality(f.Value) || wantsNumber(f.Value) {
		return n
	}
	if pattern, ok := f.Value.(searchquery.Pattern); ok && !pattern.Match("", false) {
		return n
	}
	return nil // the absent value may be what is looked for
}

func (h hasher) literals(key string, wanted []literal) []uint64 {
	var tokens []uint64
	for _, l := range wanted {
		tokens = append(tokens, h.token(tokenText, key, l.text))
		if l.isNumber {
			tokens = append(tokens, h.token(tokenNumber, key, canonical(l.number)), h.token(tokenNumber, key, l.text))
		}
		if flag, err := strconv.ParseBool(l.text); err == nil {
			token, _ := h.attribute(key, flag) // a boolean has one
			tokens = append(tokens, token)
		}
	}
	return tokens
}
