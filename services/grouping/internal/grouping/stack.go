package grouping

import (
	"crypto/sha256"
	"encoding/json"

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
	content, err := json.Marshal(s)
	if err != nil { // texts, integers and booleans always marshal
		panic(err)
	}
	sum := sha256.Sum256(content)
	return uuid.UUID(sum[:16])
}
