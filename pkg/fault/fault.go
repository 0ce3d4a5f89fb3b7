// Package fault is the one error type that crosses Picket's layers: what went wrong, said for the caller, with
// what the caller may do about it. It knows nothing of gRPC; package grpcserver maps it to status codes.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Kind classifies an error by what the caller may do about it.
type Kind int

// The kinds. Any error without one is internal: its text is logged, not told.
const (
	Internal           Kind = iota
	Invalid                 // the request breaks a rule; sending it again is useless
	NotFound                // a named thing does not exist
	AlreadyExists           // a name or id is taken
	FailedPrecondition      // the state does not allow it now
	Aborted                 // a concurrent change won; read again and retry
	Exhausted               // a limit was reached; retry later
	Unavailable             // a dependency does not answer; retry later
	Unimplemented           // the contract names it, this version does not do it
)

// Error is an error for a caller.
type Error struct {
	Kind       Kind
	Message    string
	Reason     string        // UPPER_SNAKE_CASE name of the cause, for programs; the kind's default when empty
	Violations []Violation   // for Invalid: each rule that was broken
	Resource   Resource      // for NotFound and AlreadyExists
	RetryAfter time.Duration // for Exhausted and Unavailable: when to try again
	cause      error
}

// Violation is one broken rule of a request.
type Violation struct {
	Field       string // path of the request field, such as `occurrence.fingerprint`
	Description string // what was found and what was expected
}

// Resource names the thing that an error is about.
type Resource struct {
	Type string // such as `project`
	Name string // such as `42`
}

func (e *Error) Error() string {
	if e.cause != nil {
		return e.Message + ": " + e.cause.Error()
	}
	return e.Message
}

// Unwrap gives the cause, which callers of the API never see.
func (e *Error) Unwrap() error { return e.cause }

// InvalidField says that one field of a request breaks a rule.
func InvalidField(field, format string, args ...any) *Error {
	description := fmt.Sprintf(format, args...)
	return InvalidRequest(Violation{Field: field, Description: description})
}

// InvalidRequest says which rules a request breaks. It needs at least one violation.
func InvalidRequest(violations ...Violation) *Error {
	first := violations[0]
	message := first.Description
	if first.Field != "" {
		message = first.Field + ": " + first.Description
	}
	return &Error{Kind: Invalid, Message: message, Violations: violations}
}

// Renamed gives the fields that an error is about other names, those that its caller knows. An error about no field stays.
func Renamed(err error, name func(field string) string) error {
	var invalid *Error
	if !errors.As(err, &invalid) || len(invalid.Violations) == 0 {
		return err
	}
	violations := slices.Clone(invalid.Violations)
	for i := range violations {
		violations[i].Field = name(violations[i].Field)
	}
	named := *invalid
	named.Message, named.Violations = InvalidRequest(violations...).Message, violations
	return &named
}

// Missing says that a named thing does not exist.
func Missing(resourceType string, name any) *Error {
	resource := Resource{Type: resourceType, Name: fmt.Sprint(name)}
	return &Error{Kind: NotFound, Message: fmt.Sprintf("%s %s does not exist", resource.Type, resource.Name), Resource: resource}
}

// Taken says that a name or an id is in use.
func Taken(resourceType string, name any) *Error {
	resource := Resource{Type: resourceType, Name: fmt.Sprint(name)}
	return &Error{Kind: AlreadyExists, Message: fmt.Sprintf("%s %s exists already", resource.Type, resource.Name), Resource: resource}
}

// Precondition says that the state does not allow the request now. The reason is for programs.
func Precondition(reason, format string, args ...any) *Error {
	return &Error{Kind: FailedPrecondition, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// TryLater says that a dependency does not answer or a conflict was not resolved in time.
func TryLater(after time.Duration, cause error, format string, args ...any) *Error {
	return &Error{Kind: Unavailable, Message: fmt.Sprintf(format, args...), RetryAfter: after, cause: cause}
}

// Full says that a queue or quota has no room now.
func Full(after time.Duration, format string, args ...any) *Error {
	return &Error{Kind: Exhausted, Message: fmt.Sprintf(format, args...), RetryAfter: after}
}

// KindOf gives the kind of the first Error in err's chain, and Internal when there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}
