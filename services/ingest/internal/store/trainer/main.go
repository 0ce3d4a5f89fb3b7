// Command trainer makes a dictionary for the bodies of payloads from samples of its own. A seed always gives the same one.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/klauspost/compress/zstd"

	"github.com/picket-io/picket/services/ingest/internal/store"
)

func main() {
	number := flag.Uint("number", 1, "number of the dictionary, from which its id follows")
	out := flag.String("out", "", "file to write")
	count := flag.Int("samples", 3000, "samples to train on")
	seed := flag.Uint64("seed", 1, "seed of the samples")
	flag.Parse()
	if err := run(*out, store.DictionaryID(uint32(*number)), *count, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "trainer:", err)
		os.Exit(1)
	}
}

func run(out string, id uint32, count int, seed uint64) error {
	dictionary, err := train(id, count, seed)
	if err != nil {
		return err
	}
	return os.WriteFile(out, dictionary, 0o644) //nolint:gosec // everybody may read it
}

// Of 16, 32 and 64 KiB, and pieces of 64, 256 and 1,024 bytes, these compress best; see ADR 018.
const (
	contentBytes = 64 << 10
	pieceBytes   = 256
)

func train(id uint32, count int, seed uint64) ([]byte, error) {
	contents, err := samples(seed, count)
	if err != nil {
		return nil, err
	}
	// BuildDict adds which codes are frequent when the samples are compressed with that content.
	return zstd.BuildDict(zstd.BuildDictOptions{
		ID: id, Contents: contents, History: newChooser(contents).choose(contentBytes, pieceBytes), Offsets: [3]int{1, 4, 8},
		Level: zstd.SpeedFastest,
	})
}
