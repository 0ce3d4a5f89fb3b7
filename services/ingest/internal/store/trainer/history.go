package main

import (
	"encoding/binary"
	"slices"
)

// A word is eight bytes of a sample. Words are counted under short hashes: what two of them share does no harm.
const (
	wordBytes = 8
	hashBits  = 22
)

// chooser chooses what a dictionary holds, after the idea of COVER (Liao and others, 2016).
type chooser struct {
	hashes    [][]uint32 // of the words of each sample
	samples   [][]byte
	frequency []int32 // how many samples have a word; 0 once it is in the dictionary
	within    []int32 // how often it is in the window
}

func newChooser(samples [][]byte) *chooser {
	c := &chooser{samples: samples, frequency: make([]int32, 1<<hashBits), within: make([]int32, 1<<hashBits)}
	last := make([]int, 1<<hashBits) // sample that had the word
	for i, sample := range samples {
		c.hashes = append(c.hashes, hashesOf(sample))
		for _, hash := range c.hashes[i] {
			if last[hash] != i+1 {
				last[hash] = i + 1
				c.frequency[hash]++
			}
		}
	}
	for hash, n := range c.frequency {
		if n < 3 {
			c.frequency[hash] = 0
		}
	}
	return c
}

func hashesOf(text []byte) []uint32 {
	const odd = 0x9E3779B97F4A7C15
	var hashes []uint32
	for i := 0; i+wordBytes <= len(text); i++ {
		hashes = append(hashes, uint32(binary.LittleEndian.Uint64(text[i:])*odd>>(64-hashBits)))
	}
	return hashes
}

// choose takes pieces again and again: the one whose words are in the most samples, each word counted once for the whole
// dictionary. What is worth most comes last, where its offsets are small.
func (c *chooser) choose(size, piece int) []byte {
	var pieces [][]byte
	for left := size; left >= wordBytes; {
		best := c.best(len(pieces), min(piece, left))
		if len(best) < wordBytes {
			break
		}
		for _, hash := range hashesOf(best) {
			c.frequency[hash] = 0
		}
		pieces, left = append(pieces, best), left-len(best)
	}
	slices.Reverse(pieces)
	return slices.Concat(pieces...)
}

// best looks into one sample of 64, others each time, so that none of them gives the whole dictionary.
func (c *chooser) best(turn, length int) []byte {
	const parts = 64
	var best []byte
	var most int32
	for i := turn % parts; i < len(c.samples); i += parts {
		if from, to, score := c.window(c.hashes[i], length); score > most {
			best, most = c.samples[i][from:to], score
		}
	}
	return best
}

// window slides over a sample. A word that is twice in it counts once. Ends without worth are cut off.
func (c *chooser) window(hashes []uint32, length int) (from, to int, most int32) {
	width := length - wordBytes + 1
	var score int32
	for end, hash := range hashes {
		if c.within[hash]++; c.within[hash] == 1 {
			score += c.frequency[hash]
		}
		if begin := end - width; begin >= 0 {
			hash := hashes[begin]
			if c.within[hash]--; c.within[hash] == 0 {
				score -= c.frequency[hash]
			}
		}
		if score > most {
			from, to, most = max(0, end-width+1), end+1, score
		}
	}
	for _, hash := range hashes {
		c.within[hash] = 0
	}
	for from+1 < to && c.frequency[hashes[from]] == 0 {
		from++
	}
	for from+1 < to && c.frequency[hashes[to-1]] == 0 {
		to--
	}
	return from, to + wordBytes - 1, most
}
