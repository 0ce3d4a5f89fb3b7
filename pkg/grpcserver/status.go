package grpcserver

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/picket-io/picket/pkg/fault"
)

// Domain is the domain of every google.rpc.ErrorInfo that Picket answers.
const Domain = "picket"

type codeAndReason struct {
	code   codes.Code
	reason string
}

var kinds = map[fault.Kind]codeAndReason{
	fault.Internal:           {codes.Internal, "INTERNAL"},
	fault.Invalid:            {codes.InvalidArgument, "INVALID_REQUEST"},
	fault.NotFound:           {codes.NotFound, "NOT_FOUND"},
	fault.AlreadyExists:      {codes.AlreadyExists, "ALREADY_EXISTS"},
	fault.FailedPrecondition: {codes.FailedPrecondition, "FAILED_PRECONDITION"},
	fault.Aborted:            {codes.Aborted, "CONCURRENT_CHANGE"},
	fault.Exhausted:          {codes.ResourceExhausted, "EXHAUSTED"},
	fault.Unavailable:        {codes.Unavailable, "UNAVAILABLE"},
	fault.Unimplemented:      {codes.Unimplemented, "UNIMPLEMENTED"},
}

// StatusOf maps an error to the status that callers see. A gRPC status, such as one passed on from another
// service, stays as it is; an error of no kind becomes INTERNAL with a fixed message, because its text may hold
// what callers must not see. It returns nil for nil.
func StatusOf(err error) *status.Status {
	if err == nil {
		return nil
	}
	var e *fault.Error
	if errors.As(err, &e) {
		return statusOfFault(e)
	}
	var carrier interface{ GRPCStatus() *status.Status }
	if errors.As(err, &carrier) {
		return passedOn(carrier.GRPCStatus())
	}
	if errors.Is(err, context.Canceled) {
		return status.New(codes.Canceled, "the call was cancelled")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return status.New(codes.DeadlineExceeded, "the deadline of the call has passed")
	}
	return statusOfFault(&fault.Error{Kind: fault.Internal})
}

// statusOfCall is the status that a call ends with. What a dependency did not answer before the call was over says nothing
// about the dependency: the call ended because its caller's deadline passed or its caller left.
func statusOfCall(ctx context.Context, err error) *status.Status {
	s := StatusOf(err)
	if s.Code() != codes.Unavailable {
		return s
	}
	// A connection's deadline, made from the context's, may pass a moment before the context is done.
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return StatusOf(context.DeadlineExceeded)
	}
	if ctx.Err() != nil {
		return StatusOf(ctx.Err())
	}
	return s
}

// passedOn is a status of another service. One that was made because the service cannot be reached has no details, and
// names addresses.
func passedOn(s *status.Status) *status.Status {
	if s.Code() == codes.Unavailable && len(s.Proto().GetDetails()) == 0 {
		return statusOfFault(fault.TryLater(time.Second, nil, "a service that is needed for this does not answer"))
	}
	return s
}

func statusOfFault(e *fault.Error) *status.Status {
	kind := kinds[e.Kind]
	reason := e.Reason
	if reason == "" {
		reason = kind.reason
	}
	message := e.Message
	if e.Kind == fault.Internal {
		message = "internal error"
	}
	details := append([]protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: reason, Domain: Domain}}, detailsOf(e)...)
	s := status.New(kind.code, utf8(message))
	if detailed, err := s.WithDetails(details...); err == nil { // it always marshals
		return detailed
	}
	return s
}

func detailsOf(e *fault.Error) []protoadapt.MessageV1 {
	var details []protoadapt.MessageV1
	if len(e.Violations) > 0 {
		request := &errdetails.BadRequest{}
		for _, v := range e.Violations {
			request.FieldViolations = append(request.FieldViolations,
				&errdetails.BadRequest_FieldViolation{Field: utf8(v.Field), Description: utf8(v.Description)})
		}
		details = append(details, request)
	}
	if e.Resource.Type != "" {
		details = append(details, &errdetails.ResourceInfo{
			ResourceType: e.Resource.Type, ResourceName: utf8(e.Resource.Name), Description: utf8(e.Message),
		})
	}
	if e.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(e.RetryAfter)})
	}
	return details
}

// utf8 makes text that may quote what a caller sent, such as a part of a word, fit for a message.
func utf8(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
