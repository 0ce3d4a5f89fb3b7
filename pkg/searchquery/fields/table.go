// Package fields holds the tables that say what each key of a search means: its internal name, the kind of its
// values, and what may be done with it. A key that no table knows is a tag.
package fields

import (
	"maps"
	"slices"
	"strings"
)

// Choice is a value of an enumeration and the number it is stored as. Several names may share a number.
type Choice struct {
	Name   string
	Number int
}

// Field describes one key.
type Field struct {
	Name    string   // internal name, which trees carry
	Aliases []string // other names that queries may use
	Kind    Kind
	Choices []Choice // of an Enum
	AnyCase bool     // the choices of an Enum are recognised in any case
	// Wildcards says that * stands for any run of characters. On other text fields it is an ordinary character.
	Wildcards bool
	Lower     bool // stored in lower case, so that values are lowered too
	Multi     bool // an event has a list of values; a condition holds when one of them satisfies it
	TopLevel  bool // an aggregate over the matching events: it cannot stand below OR or NOT
	Tag       bool // kept among the tags, not in a column
	// Refused says why no query may ask for the field, although the original knows it.
	Refused string
}

// Flag is what a value of `is:` stands for: a condition key = number.
type Flag struct {
	Key    string
	Number int
}

// Aggregates says what happens to filters such as `count():>5`.
type Aggregates int

// What may happen to aggregate filters.
const (
	// Refuse makes them an error.
	Refuse Aggregates = iota
	// Drop reads them and leaves them out, where they stand beside other conditions.
	Drop
)

// Table is the set of fields of one search. It does not change after New, so goroutines may share it.
type Table struct {
	aggregates Aggregates
	flags      map[string]Flag
	byKey      map[string]*Field
	relations  []string
}

// New makes a table of fields. flags are the values of `is:`; without any, `is:` is refused.
// It panics when two fields claim the same key, because tables are written by programmers.
func New(aggregates Aggregates, flags map[string]Flag, list ...Field) *Table {
	t := &Table{aggregates: aggregates, flags: flags, byKey: make(map[string]*Field, len(list))}
	for i := range list {
		f := &list[i]
		for _, key := range append([]string{f.Name}, f.Aliases...) {
			if t.byKey[key] != nil {
				panic("fields: two fields named " + key)
			}
			t.byKey[key] = f
		}
	}
	return t
}

// WithRelations lets queries have conditions on what is related, by these names. It gives the table back.
func (t *Table) WithRelations(names ...string) *Table {
	t.relations = names
	return t
}

// Relations are the relations that queries may have conditions on.
func (t *Table) Relations() []string { return t.relations }

// Lookup finds the field of a key, by internal name or alias. For a key that it does not know it returns the tag of
// that name and false. Keys starting with `measurements.` and `spans.` are numbers.
func (t *Table) Lookup(key string) (Field, bool) {
	if f := t.byKey[key]; f != nil {
		return *f, true
	}
	if name, ok := strings.CutPrefix(key, "measurements."); ok && name != "" {
		kind := Number
		if slices.Contains(durationMeasurements, name) {
			kind = Duration
		}
		return Field{Name: key, Kind: kind}, true
	}
	if name, ok := strings.CutPrefix(key, "spans."); ok && name != "" {
		return Field{Name: key, Kind: Duration}, true
	}
	return Field{Name: key, Kind: Text, Wildcards: true, Tag: true}, false
}

var durationMeasurements = []string{
	"app_start_cold", "app_start_warm", "fcp", "fid", "fp", "inp", "lcp", "stall_longest_time",
	"stall_total_time", "time_to_full_display", "time_to_initial_display", "ttfb", "ttfb.requesttime",
}

// Flag finds what a value of `is:` stands for.
func (t *Table) Flag(value string) (Flag, bool) {
	f, ok := t.flags[value]
	return f, ok
}

// Flags lists the values of `is:`, sorted; it is empty where the search has none.
func (t *Table) Flags() []string {
	return slices.Sorted(maps.Keys(t.flags))
}

// DropsAggregates reports whether filters on aggregate functions are left out instead of refused.
func (t *Table) DropsAggregates() bool { return t.aggregates == Drop }

// Keys lists every key that queries may use, aliases included, sorted.
func (t *Table) Keys() []string {
	keys := []string{}
	for key, f := range t.byKey {
		if f.Refused == "" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
