package block

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// rest is what only some spans have and nobody searches.
type rest struct {
	Span   int            `json:"-"`
	Events []traces.Event `json:"events,omitempty"`
	Links  []traces.Link  `json:"links,omitempty"`
}

func encodeRest(spans []traces.Span) ([]byte, error) {
	var content []byte
	for i := range spans {
		r := rest{Events: spans[i].Events, Links: spans[i].Links}
		if len(r.Events)+len(r.Links) == 0 {
			continue
		}
		encoded, err := json.Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("events and links as JSON: %w", err)
		}
		content = appendSized(binary.AppendUvarint(content, uint64(i)), encoded)
	}
	return content, nil
}

func decodeRest(s *source, wanted func(span int) bool) []rest {
	var all []rest
	for s.left() > 0 {
		span, encoded := int(s.uvarint()), s.sized()
		if !wanted(span) || s.err != nil {
			continue
		}
		r := rest{Span: span}
		decoder := json.NewDecoder(bytes.NewReader(encoded))
		decoder.UseNumber()
		if err := decoder.Decode(&r); err != nil {
			s.fail()
			return nil
		}
		for i := range r.Events {
			exact(map[string]any(r.Events[i].Attributes))
		}
		for i := range r.Links {
			exact(map[string]any(r.Links[i].Attributes))
		}
		all = append(all, r)
	}
	return all
}
