package main

import (
	"bytes"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/picket-io/picket/services/ingest/internal/store"
)

func TestASeedGivesTheSameDictionary(t *testing.T) {
	t.Parallel()
	const few = 150
	first, err1 := train(store.DictionaryID(1), few, 7)
	second, err2 := train(store.DictionaryID(1), few, 7)
	other, err3 := train(store.DictionaryID(1), few, 8)
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	if !bytes.Equal(first, second) {
		t.Error("the same seed gives another dictionary")
	}
	if bytes.Equal(first, other) {
		t.Error("another seed gives the same dictionary")
	}
}

// The seed is none that a dictionary was trained with.
func TestBodiesOfSDKsTakeHalfTheRoomWithTheDictionary(t *testing.T) {
	t.Parallel()
	contents, err := samples(1_000_001, 200)
	if err != nil {
		t.Fatal(err)
	}
	without, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault))
	if err != nil {
		t.Fatal(err)
	}
	bare, stored := 0, 0
	for _, content := range contents {
		bare += len(without.EncodeAll(content, nil))
		stored += len(store.Compress(content))
	}
	if stored*2 > bare {
		t.Errorf("%d bytes are stored, %d would be without a dictionary", stored, bare)
	}
}
