package store

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

// maxBodyBytes bounds what a stored body may grow to when it is read.
const maxBodyBytes = 64 << 20

// body is what is kept of a payload: JSON, so that any program can read it.
type body struct {
	Occurrence json.RawMessage `json:"occurrence,omitempty"`
	Event      json.RawMessage `json:"event,omitempty"`
}

// event gives the event as it came.
func (b body) event(id ingest.ID) ([]byte, error) {
	var title *string
	if b.Occurrence != nil {
		var occurrence struct {
			Title *string `json:"issue_title"`
		}
		if err := json.Unmarshal(b.Occurrence, &occurrence); err != nil {
			return nil, fmt.Errorf("read a stored occurrence: %w", err)
		}
		title = occurrence.Title
	}
	event, err := ingest.RestoreEvent(b.Event, id, title)
	if err != nil {
		return nil, fmt.Errorf("read a stored event: %w", err)
	}
	return event, nil
}

// Body makes what is kept from the JSON of an occurrence and of an event, each without line breaks. Either may be nil.
func Body(occurrence, event []byte) []byte {
	content := make([]byte, 0, len(occurrence)+len(event)+32)
	content = append(content, '{')
	if occurrence != nil {
		content = append(append(content, `"occurrence":`...), occurrence...)
	}
	if event != nil {
		if occurrence != nil {
			content = append(content, ',')
		}
		content = append(append(content, `"event":`...), event...)
	}
	return append(content, '}')
}

// Compress makes what is stored of a body, or of several in lines.
func Compress(content []byte) []byte {
	return encoder.EncodeAll(content, make([]byte, 0, len(content)/4))
}

func decompress(compressed []byte) ([]byte, error) {
	content, err := decoder.DecodeAll(compressed, nil)
	if errors.Is(err, zstd.ErrUnknownDictionary) {
		return nil, fmt.Errorf("read a stored payload: it was stored with dictionary %d, which this version does not have: %w",
			dictionaryOf(compressed), err)
	}
	if err != nil {
		return nil, fmt.Errorf("read a stored payload: %w", err)
	}
	return content, nil
}

// readLines reads what a row holds, which is one line, or its block.
func readLines(compressed []byte) ([][]byte, error) {
	content, err := decompress(compressed)
	if err != nil {
		return nil, err
	}
	return split(content), nil
}

func readBody(lines [][]byte, line int16) (body, error) {
	var b body
	if int(line) >= len(lines) {
		return b, fmt.Errorf("read a stored payload: it is line %d of %d", line, len(lines))
	}
	if err := json.Unmarshal(lines[line], &b); err != nil {
		return b, fmt.Errorf("read a stored payload: %w", err)
	}
	return b, nil
}

// dictionaryOf gives the number of the dictionary that a body names.
func dictionaryOf(compressed []byte) int64 {
	var header zstd.Header
	if err := header.Decode(compressed); err != nil {
		return 0
	}
	return int64(header.DictionaryID) - int64(DictionaryID(0))
}
