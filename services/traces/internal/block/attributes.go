package block

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// encodeAttributes writes the distinct values of the block, then for each key behind its size the spans that have it
// and which value they have. Keys and values are sorted: neighbours that are alike compress well.
func encodeAttributes(spans []traces.Span) ([]byte, error) {
	type entry struct {
		span  int
		value string
	}
	entries := map[string][]entry{}
	places := map[string]uint64{}
	for i := range spans {
		for key, of := range spans[i].Attributes {
			encoded, err := encodeValue(of)
			if err != nil {
				return nil, err
			}
			entries[key] = append(entries[key], entry{i, string(encoded)})
			places[string(encoded)] = 0
		}
	}
	values := slices.Sorted(maps.Keys(places))
	content := binary.AppendUvarint(nil, uint64(len(values)))
	for i, value := range values {
		places[value] = uint64(i)
		content = appendSized(content, value)
	}
	keys := slices.Sorted(maps.Keys(entries))
	content = binary.AppendUvarint(content, uint64(len(keys)))
	for _, key := range keys {
		column := binary.AppendUvarint(nil, uint64(len(entries[key])))
		last := 0
		for _, e := range entries[key] {
			column = binary.AppendUvarint(column, uint64(e.span-last))
			last = e.span
		}
		for _, e := range entries[key] {
			column = binary.AppendUvarint(column, places[e.value])
		}
		content = appendSized(appendSized(content, key), column)
	}
	return content, nil
}

// attributeColumns are the attributes of a block. Keys are read one by one.
type attributeColumns struct {
	content []byte
	values  []part
	keys    []attributeKey // sorted
}

type attributeKey struct{ name, column part }

func decodeAttributes(s *source) attributeColumns {
	c := attributeColumns{content: s.content, values: make([]part, s.count())}
	for i := range c.values {
		c.values[i] = s.sizedPart()
		if c.values[i].from == c.values[i].to { // also after an error
			s.fail()
			return attributeColumns{}
		}
	}
	c.keys = make([]attributeKey, s.count())
	for i := range c.keys {
		c.keys[i] = attributeKey{s.sizedPart(), s.sizedPart()}
	}
	return c
}

func (c *attributeColumns) value(place uint32) value {
	encoded := c.values[place].of(c.content)
	return value{encoded[0], encoded[1:]}
}

func (c *attributeColumns) name(key int) []byte { return c.keys[key].name.of(c.content) }

func (c *attributeColumns) find(name string) (key int, ok bool) {
	return slices.BinarySearchFunc(c.keys, name, func(k attributeKey, name string) int {
		return strings.Compare(string(k.name.of(c.content)), name)
	})
}

// attributeColumn is one key: which spans have it, and the places of their values.
type attributeColumn struct{ spans, values []uint32 }

func (c *attributeColumns) column(s *source, spans int) attributeColumn {
	count := s.count()
	column := attributeColumn{make([]uint32, count), make([]uint32, count)}
	last := uint64(0)
	for i := range column.spans {
		last += s.uvarint()
		if last >= uint64(spans) {
			s.fail()
			return attributeColumn{}
		}
		column.spans[i] = uint32(last)
	}
	for i := range column.values {
		place := s.uvarint()
		if place >= uint64(len(c.values)) {
			s.fail()
			return attributeColumn{}
		}
		column.values[i] = uint32(place)
	}
	return column
}
