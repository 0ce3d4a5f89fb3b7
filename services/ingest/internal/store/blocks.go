package store

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// Limits of a block: each payload more makes it smaller, and slower to read, or to erase, one of them.
const (
	blockPayloads = 64
	blockBytes    = 256 << 10 // of JSON
)

// place says where a body lies in a block.
type place struct {
	block blockKey
	line  int
}

// blockKey names a block. The day is that of the item times, so that a block goes with the partition of its payloads.
type blockKey struct {
	projectID int64
	day       time.Time
	id        int64
}

// block is a list of bodies that are compressed together.
type block struct {
	blockKey
	lines [][]byte
	bytes int
}

func (b *block) takes(p *Payload) bool {
	return b.projectID == p.ProjectID && b.day.Equal(dayOf(p.ItemTime)) && len(b.lines) < blockPayloads && b.bytes+len(p.Body) <= blockBytes
}

// blocksOf puts payloads into blocks, those that are alike next to each other: they compress well, are read together, and go
// together when their issue is deleted. One that no other goes with has no place, and is a row that holds its body itself.
func blocksOf(payloads []Payload) (blocks []*block, places []*place) {
	order := make([]int, len(payloads))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return payloads[a].compareBodies(&payloads[b]) })
	places = make([]*place, len(payloads))
	for i := 0; i < len(order); {
		p := &payloads[order[i]]
		b := &block{blockKey: blockKey{p.ProjectID, dayOf(p.ItemTime), rand.Int64()}} //nolint:gosec // no secret
		first := i
		for ; i < len(order) && (i == first || b.takes(&payloads[order[i]])); i++ {
			body := payloads[order[i]].Body
			places[order[i]] = &place{b.blockKey, len(b.lines)}
			b.lines, b.bytes = append(b.lines, body), b.bytes+len(body)
		}
		if len(b.lines) == 1 {
			places[order[first]] = nil
			continue
		}
		blocks = append(blocks, b)
	}
	return blocks, places
}

func (p *Payload) compareBodies(other *Payload) int {
	return cmp.Or(cmp.Compare(p.ProjectID, other.ProjectID), dayOf(p.ItemTime).Compare(dayOf(other.ItemTime)), cmp.Compare(p.Likeness, other.Likeness))
}

// join makes the content of a block. A body is one line of JSON.
func join(lines [][]byte) []byte { return bytes.Join(lines, []byte("\n")) }

func split(content []byte) [][]byte { return bytes.Split(content, []byte("\n")) }

// pieceBytes is what PostgreSQL stores in one row of a value that lies outside of its own row. Four of them fill a page.
const pieceBytes = 1996

// cut gives what of a compressed block fills whole pieces, and the rest, which stays in the block's row: as a smaller piece
// it would leave a hole in a page.
func cut(compressed []byte) (body, tail []byte) {
	whole := len(compressed) / pieceBytes * pieceBytes
	return compressed[:whole], compressed[whole:]
}

func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
