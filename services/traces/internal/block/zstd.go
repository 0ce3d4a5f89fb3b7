package block

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// maxSection bounds what a section may grow to when it is read: a block of the largest texts that spans may have.
const maxSection = 1 << 30

var (
	encoder = must(zstd.NewWriter(nil, zstd.WithEncoderCRC(true)))
	decoder = must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxSection)))
)

func must[T any](made T, err error) T {
	if err != nil {
		panic(err) // the options are constants
	}
	return made
}

func compress(content []byte) []byte {
	if content == nil {
		return nil
	}
	return encoder.EncodeAll(content, nil)
}

func decompress(section []byte) ([]byte, error) {
	content, err := decoder.DecodeAll(section, nil)
	if err != nil {
		return nil, fmt.Errorf("section of a block: %w", err)
	}
	return content, nil
}
