package store

import (
	"encoding/json"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// maxBodyBytes bounds what a stored body may grow to when it is read.
const maxBodyBytes = 64 << 20

// One encoder and one decoder serve all goroutines. The window is that of one message.
var (
	encoder, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithWindowSize(1<<20))
	decoder, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxBodyBytes))
)

// body is the content of a row: JSON, so that any program can read it.
type body struct {
	Occurrence json.RawMessage `json:"occurrence,omitempty"`
	Event      json.RawMessage `json:"event,omitempty"`
}

// Compress makes the body of a row from the JSON of an occurrence and of an event. Either may be nil.
func Compress(occurrence, event []byte) []byte {
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
	content = append(content, '}')
	return encoder.EncodeAll(content, make([]byte, 0, len(content)/2))
}

func decompress(compressed []byte) (body, error) {
	var b body
	content, err := decoder.DecodeAll(compressed, nil)
	if err != nil {
		return b, fmt.Errorf("read a stored payload: %w", err)
	}
	if err := json.Unmarshal(content, &b); err != nil {
		return b, fmt.Errorf("read a stored payload: %w", err)
	}
	return b, nil
}
