package search

import "time"

// Hash is a hash of an issue with the latest event that has it; retention may have taken all of them.
type Hash struct {
	Hash        []byte
	LatestEvent *[16]byte
	LatestSeen  *time.Time
}

// HashPosition is the hash after which a page begins.
type HashPosition struct {
	Micros int64 // 0 without an event
	Hash   []byte
}

// Position is the place of a hash in the order of all.
func (h Hash) Position() HashPosition {
	p := HashPosition{Hash: h.Hash}
	if h.LatestSeen != nil {
		p.Micros = h.LatestSeen.UnixMicro()
	}
	return p
}
