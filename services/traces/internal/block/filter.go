package block

import (
	"encoding/binary"
	"fmt"
)

// A filter says of a token that the block may have it, or that it has not. It is a Bloom filter of words of 64 bits: a
// token has bitsPerToken bits in one word, so that a search reads eight bytes of a block. The layout is stored.
const (
	bitsPerToken  = 5
	roomPerToken  = 16 // bits; then one token in some 250 that are not there seems to be
	bytesOfAWord  = 8
	bitsOfAChoice = 6 // one of 64
)

func filterOf(tokens map[uint64]bool) []byte {
	words := make([]uint64, (len(tokens)*roomPerToken+63)/64+1)
	for token := range tokens {
		words[placeIn(len(words), token)] |= maskOf(token)
	}
	filter := make([]byte, 0, len(words)*bytesOfAWord)
	for _, word := range words {
		filter = binary.BigEndian.AppendUint64(filter, word)
	}
	return filter
}

// placeIn is where in a filter of so many words a token has its bits: the upper half of the token, scaled.
func placeIn(words int, token uint64) uint64 { return (token >> 32) * uint64(words) >> 32 }

func maskOf(token uint64) uint64 {
	mask := uint64(0)
	for i := range bitsPerToken {
		mask |= 1 << (token >> (i * bitsOfAChoice) & 63)
	}
	return mask
}

// Probe is how SQL asks a filter for a token.
type Probe struct {
	Upper int64  // the word is that number times the number of words, without its lowest 32 bits
	Mask  string // as bit(64)
}

// ProbeOf is the probe of a token.
func ProbeOf(token uint64) Probe {
	return Probe{int64(token >> 32), fmt.Sprintf("%064b", maskOf(token))}
}
