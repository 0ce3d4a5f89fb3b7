package block

import (
	"encoding/binary"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// word is a field of spans that is a text. The numbers are stored.
type word int

const (
	wordName word = iota
	wordOp
	wordDescription
	wordCategory
	wordTransaction
	wordService
	wordEnvironment
	wordRelease
	wordUser
	wordSDK
	words
)

func (w word) of(s *traces.Span) *string {
	return [words]*string{
		&s.Name, &s.Op, &s.Description, &s.Category, &s.Transaction, &s.Service, &s.Environment, &s.Release, &s.User, &s.SDKName,
	}[w]
}

// small is a field that fits into a byte. The numbers are stored.
type small int

const (
	smallKind small = iota
	smallStatus
	smallIsSegment
	smalls
)

func (f small) of(s *traces.Span) byte {
	switch f {
	case smallKind:
		return byte(s.Kind)
	case smallStatus:
		return byte(s.Status)
	}
	if s.IsSegment {
		return 1
	}
	return 0
}

// dictionary is a column whose values repeat.
type dictionary struct {
	values []string
	places []uint32 // of each span; nil when all have the first value
}

func (d *dictionary) at(span int) string {
	if d.places == nil {
		return d.values[0]
	}
	return d.values[d.places[span]]
}

// encodeWords writes the small fields as they are, then each dictionary behind its size, so that those nobody asks for
// are skipped.
func encodeWords(spans []traces.Span) []byte {
	var content []byte
	for f := range smalls {
		for i := range spans {
			content = append(content, f.of(&spans[i]))
		}
	}
	for w := range words {
		content = appendSized(content, encodeWord(spans, w))
	}
	return content
}

func encodeWord(spans []traces.Span, w word) []byte {
	places := make(map[string]uint64)
	var values []string
	for i := range spans {
		value := *w.of(&spans[i])
		if _, known := places[value]; !known {
			places[value] = uint64(len(values))
			values = append(values, value)
		}
	}
	content := binary.AppendUvarint(nil, uint64(len(values)))
	for _, value := range values {
		content = appendSized(content, value)
	}
	if len(values) == 1 {
		return content
	}
	for i := range spans {
		content = binary.AppendUvarint(content, places[*w.of(&spans[i])])
	}
	return content
}

// wordColumns are the fields of a block that are read one by one.
type wordColumns struct {
	smalls [smalls][]byte
	raw    [words][]byte
	read   [words]*dictionary
}

func decodeWords(s *source, spans int) wordColumns {
	var c wordColumns
	for f := range smalls {
		c.smalls[f] = s.take(spans)
	}
	for w := range words {
		c.raw[w] = s.sized()
	}
	return c
}

func decodeWord(s *source, spans int) *dictionary {
	d := &dictionary{values: make([]string, s.count())}
	for i := range d.values {
		d.values[i] = string(s.sized())
	}
	if len(d.values) == 1 {
		return d
	}
	d.places = make([]uint32, spans)
	for i := range d.places {
		place := s.uvarint()
		if place >= uint64(len(d.values)) {
			s.fail()
			return &dictionary{values: []string{""}}
		}
		d.places[i] = uint32(place)
	}
	return d
}
