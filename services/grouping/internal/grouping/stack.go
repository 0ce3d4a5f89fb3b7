package grouping

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"

	"github.com/google/uuid"
)

// Stack is what searches read of an event's stack traces: of each part of their frames the values that occur. Events
// with the same content share one.
type Stack struct {
	AbsPaths, Filenames, Functions, Modules, Packages []string
	Lines, Columns, Levels                            []int32
	InApp, NotInApp                                   bool
}

// Digest identifies the content within its project.
func (s *Stack) Digest() uuid.UUID {
	content := make([]byte, 0, 2048)
	for _, texts := range [...][]string{s.AbsPaths, s.Filenames, s.Functions, s.Modules, s.Packages} {
		content = binary.AppendUvarint(content, uint64(len(texts)))
		for _, text := range texts {
			content = append(binary.AppendUvarint(content, uint64(len(text))), text...)
		}
	}
	for _, numbers := range [...][]int32{s.Lines, s.Columns, s.Levels} {
		content = binary.AppendUvarint(content, uint64(len(numbers)))
		for _, n := range numbers {
			content = binary.AppendVarint(content, int64(n))
		}
	}
	for _, said := range [...]bool{s.InApp, s.NotInApp} {
		content = strconv.AppendBool(content, said)
	}
	sum := sha256.Sum256(content)
	return uuid.UUID(sum[:16])
}
