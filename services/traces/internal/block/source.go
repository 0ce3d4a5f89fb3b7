package block

import (
	"encoding/binary"
	"errors"
)

var errCorrupt = errors.New("a block is corrupt")

// source is bytes that are read from the front. After the first error it gives zeros. It moves a number and not a slice:
// pointers that are written cost a garbage collector that is at work.
type source struct {
	content []byte
	at      int
	err     error
}

func (s *source) fail() {
	if s.err == nil {
		s.err = errCorrupt
	}
	s.content, s.at = nil, 0
}

func (s *source) left() int { return len(s.content) - s.at }

func (s *source) uvarint() uint64 {
	if s.at < len(s.content) && s.content[s.at] < 0x80 { // most of them
		s.at++
		return uint64(s.content[s.at-1])
	}
	value, size := binary.Uvarint(s.content[s.at:])
	if size <= 0 {
		s.fail()
		return 0
	}
	s.at += size
	return value
}

func (s *source) varint() int64 {
	value, size := binary.Varint(s.content[s.at:])
	if size <= 0 {
		s.fail()
		return 0
	}
	s.at += size
	return value
}

// count reads how many things follow, each of a byte at least.
func (s *source) count() int {
	count := s.uvarint()
	if count > uint64(s.left()) {
		s.fail()
		return 0
	}
	return int(count)
}

func (s *source) take(size int) []byte {
	if size < 0 || size > s.left() {
		s.fail()
		return nil
	}
	s.at += size
	return s.content[s.at-size : s.at]
}

// sized reads bytes that follow their number.
func (s *source) sized() []byte { return s.take(s.count()) }

// part is where some bytes of a source are.
type part struct{ from, to uint32 }

func (p part) of(content []byte) []byte { return content[p.from:p.to] }

// sizedPart is where those are that sized would give.
func (s *source) sizedPart() part {
	size := len(s.sized())
	return part{uint32(s.at - size), uint32(s.at)}
}

func appendSized[T ~string | ~[]byte](to []byte, content T) []byte {
	return append(binary.AppendUvarint(to, uint64(len(content))), content...)
}
