package store

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// maxBodyBytes bounds what a stored body may grow to when it is read.
const maxBodyBytes = 64 << 20

// body is the content of a row: JSON, so that any program can read it.
type body struct {
	Occurrence json.RawMessage `json:"occurrence,omitempty"`
	Event      json.RawMessage `json:"event,omitempty"`
}

// Compress makes the body of a row from the JSON of an occurrence and of an event. Either may be nil.
func Compress(occurrence, event []byte) []byte {
	return CompressContent(Content(occurrence, event))
}

// CompressContent is the second half of Compress.
func CompressContent(content []byte) []byte {
	return encoder.EncodeAll(content, make([]byte, 0, len(content)/4))
}

// Content is the first half of Compress: what is compressed.
func Content(occurrence, event []byte) []byte {
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

func decompress(compressed []byte) (body, error) {
	var b body
	content, err := decoder.DecodeAll(compressed, nil)
	if errors.Is(err, zstd.ErrUnknownDictionary) {
		return b, fmt.Errorf("read a stored payload: it was stored with dictionary %d, which this version does not have: %w",
			dictionaryOf(compressed), err)
	}
	if err != nil {
		return b, fmt.Errorf("read a stored payload: %w", err)
	}
	if err := json.Unmarshal(content, &b); err != nil {
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
