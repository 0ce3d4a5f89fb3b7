package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"
)

// shipped are the hashes of the dictionaries, the oldest first. Bodies need each as it was: a line is never changed.
var shipped = []string{
	"75b1eb7215f1d82654f7e90cd2d8a7104431fa8ce5e1f9eec669467415a7d6a3",
}

func TestShippedDictionariesStayAsTheyAre(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(dictionaryFiles, "*")
	if err != nil || len(files) != len(shipped) || len(dictionaries) != len(shipped) {
		t.Fatalf("%d files, %d in use, %d known, %v", len(files), len(dictionaries), len(shipped), err)
	}
	for i, dictionary := range dictionaries {
		if sum := sha256.Sum256(dictionary); hex.EncodeToString(sum[:]) != shipped[i] {
			t.Errorf("dictionary %d has changed", i+1)
		}
		details, err := zstd.InspectDictionary(dictionary)
		if err != nil || details.ID() != DictionaryID(uint32(i+1)) {
			t.Errorf("dictionary %d has another id: %v", i+1, err)
		}
	}
}

func TestBodiesOfAllTimesAreRead(t *testing.T) {
	t.Parallel()
	content := Body([]byte(`{"id":"a"}`), []byte(`{"platform":"python","tags":{"server":"web-1"}}`))
	encoders := []*zstd.Encoder{newEncoder()} // before there was a dictionary
	for _, dictionary := range dictionaries {
		encoders = append(encoders, newEncoder(zstd.WithEncoderDict(dictionary)))
	}
	for number, e := range encoders {
		compressed := e.EncodeAll(content, nil)
		if wrote := max(0, dictionaryOf(compressed)); wrote != int64(number) {
			t.Errorf("the body names dictionary %d, not %d", wrote, number)
		}
		lines, err := readLines(compressed)
		if err != nil {
			t.Fatal(err)
		}
		b, err := readBody(lines, 0)
		if err != nil || string(b.Occurrence) != `{"id":"a"}` || string(b.Event) != `{"platform":"python","tags":{"server":"web-1"}}` {
			t.Errorf("dictionary %d: %s %s %v", number, b.Occurrence, b.Event, err)
		}
	}
}

func TestABodyOfALaterVersionIsNamedAsThat(t *testing.T) {
	t.Parallel()
	later := bytes.Clone(dictionaries[0])
	const number, idAt = 77, 4 // behind the magic number; least byte first
	id := DictionaryID(number)
	later[idAt], later[idAt+1] = byte(id), byte(id>>8)
	_, err := decompress(newEncoder(zstd.WithEncoderDict(later)).EncodeAll(Body(nil, []byte("{}")), nil))
	if !errors.Is(err, zstd.ErrUnknownDictionary) || !strings.Contains(err.Error(), "dictionary 77") {
		t.Errorf("%v", err)
	}
}

func TestBodiesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.Byte()).Draw(t, "text")
		dictionary := dictionaries[newestDictionary-1]
		from := rapid.IntRange(0, len(dictionary)).Draw(t, "from")
		length := rapid.IntRange(0, len(dictionary)-from).Draw(t, "length")
		content := append(bytes.Clone(text), dictionary[from:from+length]...)
		back, err := decoder.DecodeAll(Compress(content), nil)
		if err != nil || !bytes.Equal(back, content) {
			t.Fatalf("%d bytes came back as %d, %v", len(content), len(back), err)
		}
	})
}

func TestABodyThatGrowsTooLargeIsNotRead(t *testing.T) {
	t.Parallel()
	if _, err := decompress(Compress(make([]byte, maxBodyBytes+1))); !errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		t.Errorf("%v", err)
	}
}
