package store

import (
	"embed"
	"fmt"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// Bodies are small and alike across installations, and so are compressed with a dictionary. Each body names the one that
// it needs: a dictionary that was shipped is never changed or removed. `make payload-dictionary` makes the next.
//
//go:embed dictionary-*.zstd
var dictionaryFiles embed.FS

// newestDictionary is the number of the one that bodies are compressed with; the files are numbered from 1.
const newestDictionary = 1

// dictionaries are those that were ever shipped, the oldest first.
var dictionaries = func() [][]byte {
	files := make([][]byte, newestDictionary)
	for i := range files {
		var err error
		if files[i], err = dictionaryFiles.ReadFile(fmt.Sprintf("dictionary-%d.zstd", i+1)); err != nil {
			panic(err)
		}
	}
	return files
}()

// DictionaryID is the id that a dictionary has in the bodies: below are those that zstd may register for all.
func DictionaryID(number uint32) uint32 { return 1<<15 + number }

// One encoder and one decoder serve all goroutines. The window is that of one message.
var (
	encoder = newEncoder(zstd.WithEncoderDict(dictionaries[newestDictionary-1]))
	decoder = newDecoder(dictionaries...)
)

func newEncoder(options ...zstd.EOption) *zstd.Encoder {
	e, err := zstd.NewWriter(nil, slices.Concat([]zstd.EOption{zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1 << 20)}, options)...)
	if err != nil {
		panic(err)
	}
	return e
}

func newDecoder(dictionaries ...[]byte) *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxBodyBytes), zstd.WithDecoderDicts(dictionaries...))
	if err != nil {
		panic(err)
	}
	return d
}
