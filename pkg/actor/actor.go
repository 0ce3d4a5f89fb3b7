// Package actor says who causes a change: request metadata `picket-actor: user:ID`, from the first service that is
// called to the one that makes the change.
package actor

import (
	"context"
	"regexp"

	"google.golang.org/grpc/metadata"

	"github.com/picket-io/picket/pkg/fault"
)

// Metadata is the name of the request metadata.
const Metadata = "picket-actor"

// Field is the name of the metadata in violations.
const Field = "metadata " + Metadata

var pattern = regexp.MustCompile(`^(user|team):[^\s\p{Cc}]{1,200}$`)

// IsValid says whether a text names a user or a team, by any id that has no spaces.
func IsValid(text string) bool { return pattern.MatchString(text) }

// Of gives the caller of a change; empty when it does not say who it is.
func Of(ctx context.Context) (string, error) {
	values := metadata.ValueFromIncomingContext(ctx, Metadata)
	if len(values) == 0 || values[0] == "" {
		return "", nil
	}
	if len(values) > 1 || !IsValid(values[0]) {
		return "", fault.InvalidField(Field, "names no one; expected one `user:ID` or `team:ID`")
	}
	return values[0], nil
}

// Forward passes the caller of this service on to the service that it calls.
func Forward(ctx context.Context) (context.Context, error) {
	caller, err := Of(ctx)
	if err != nil || caller == "" {
		return ctx, err
	}
	return metadata.AppendToOutgoingContext(ctx, Metadata, caller), nil
}
