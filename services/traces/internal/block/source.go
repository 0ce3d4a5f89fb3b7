package block

import (
	"encoding/binary"
	"errors"
)

var errCorrupt = errors.New("a block is corrupt")

// source is bytes that are read from the front. After the first error it gives zeros.
type source struct {
	content []byte
	err     error
}

func (s *source) fail() {
	if s.err == nil {
		s.err = errCorrupt
	}
	s.content = nil
}

func (s *source) uvarint() uint64 {
	if len(s.content) > 0 && s.content[0] < 0x80 { // most of them
		value := s.content[0]
		s.content = s.content[1:]
		return uint64(value)
	}
	value, size := binary.Uvarint(s.content)
	if size <= 0 {
		s.fail()
		return 0
	}
	s.content = s.content[size:]
	return value
}

func (s *source) varint() int64 {
	value, size := binary.Varint(s.content)
	if size <= 0 {
		s.fail()
		return 0
	}
	s.content = s.content[size:]
	return value
}

// count reads how many things follow, each of a byte at least.
func (s *source) count() int {
	count := s.uvarint()
	if count > uint64(len(s.content)) {
		s.fail()
		return 0
	}
	return int(count)
}

func (s *source) take(size int) []byte {
	if size < 0 || size > len(s.content) {
		s.fail()
		return nil
	}
	taken := s.content[:size]
	s.content = s.content[size:]
	return taken
}

// sized reads bytes that follow their number.
func (s *source) sized() []byte { return s.take(s.count()) }

func appendSized[T ~string | ~[]byte](to []byte, content T) []byte {
	return append(binary.AppendUvarint(to, uint64(len(content))), content...)
}
