package grpcserver_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/fault"
)

func info(reason string) *errdetails.ErrorInfo {
	return &errdetails.ErrorInfo{Reason: reason, Domain: "picket"}
}

func TestEveryErrorHasItsCodeMessageAndDetails(t *testing.T) {
	t.Parallel()
	secret := errors.New("password=hunter2")
	passedOn, err := status.New(codes.OutOfRange, "of another service").WithDetails(info("ELSEWHERE"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		err     error
		code    codes.Code
		message string
		details []any
	}{
		"invalid": {
			fault.InvalidRequest(fault.Violation{Field: "a.b", Description: "too long"}, fault.Violation{Field: "c", Description: "missing"}),
			codes.InvalidArgument, "a.b: too long",
			[]any{info("INVALID_REQUEST"), &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
				{Field: "a.b", Description: "too long"}, {Field: "c", Description: "missing"},
			}}},
		},
		"missing": {
			fault.Missing("project", 42), codes.NotFound, "project 42 does not exist",
			[]any{info("NOT_FOUND"), &errdetails.ResourceInfo{ResourceType: "project", ResourceName: "42", Description: "project 42 does not exist"}},
		},
		"taken": {
			fault.Taken("slug", "shop"), codes.AlreadyExists, "slug shop exists already",
			[]any{info("ALREADY_EXISTS"), &errdetails.ResourceInfo{ResourceType: "slug", ResourceName: "shop", Description: "slug shop exists already"}},
		},
		"precondition": {fault.Precondition("NOT_EMPTY", "%d left", 3), codes.FailedPrecondition, "3 left", []any{info("NOT_EMPTY")}},
		"aborted":      {&fault.Error{Kind: fault.Aborted, Message: "changed"}, codes.Aborted, "changed", []any{info("CONCURRENT_CHANGE")}},
		"full": {
			fault.Full(time.Second, "no room"), codes.ResourceExhausted, "no room",
			[]any{info("EXHAUSTED"), &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Second)}},
		},
		"unavailable": {
			fault.TryLater(2*time.Second, secret, "later"), codes.Unavailable, "later",
			[]any{info("UNAVAILABLE"), &errdetails.RetryInfo{RetryDelay: durationpb.New(2 * time.Second)}},
		},
		"not built":  {&fault.Error{Kind: fault.Unimplemented, Message: "merging is not implemented in this version"}, codes.Unimplemented, "merging is not implemented in this version", []any{info("UNIMPLEMENTED")}},
		"internal":   {&fault.Error{Message: secret.Error()}, codes.Internal, "internal error", []any{info("INTERNAL")}},
		"of no kind": {secret, codes.Internal, "internal error", []any{info("INTERNAL")}},
		"wrapped":    {fmt.Errorf("%w: %w", secret, &fault.Error{Kind: fault.Unimplemented, Message: "it is not implemented in this version"}), codes.Unimplemented, "it is not implemented in this version", []any{info("UNIMPLEMENTED")}},
		"a status":   {fmt.Errorf("%w: %w", secret, passedOn.Err()), codes.OutOfRange, "of another service", []any{info("ELSEWHERE")}},
		"nobody there": {
			status.Error(codes.Unavailable, "dial tcp 10.0.0.1:50054: connection refused"), codes.Unavailable, "a service that is needed for this does not answer",
			[]any{info("UNAVAILABLE"), &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Second)}},
		},
		"a fault of status": {fault.TryLater(0, passedOn.Err(), "later"), codes.Unavailable, "later", []any{info("UNAVAILABLE")}},
		"cancelled":         {fmt.Errorf("%w: %w", secret, context.Canceled), codes.Canceled, "the call was cancelled", nil},
		"too slow":          {fmt.Errorf("%w: %w", secret, context.DeadlineExceeded), codes.DeadlineExceeded, "the deadline of the call has passed", nil},
		"text of no UTF-8": {
			fault.InvalidField("query", "odd \xff"), codes.InvalidArgument, "query: odd \uFFFD",
			[]any{info("INVALID_REQUEST"), &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "query", Description: "odd \uFFFD"}}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := serve(t, func(context.Context) error { return tc.err })
			got := status.Convert(i.call(t))
			if got.Code() != tc.code || got.Message() != tc.message {
				t.Errorf("got %v, want %v: %s", got, tc.code, tc.message)
			}
			if diff := cmp.Diff(tc.details, got.Details(), protocmp.Transform(), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			lines := i.lines(t)
			if len(lines) != 1 || lines[0]["error"] != strings.ToValidUTF8(tc.err.Error(), "\uFFFD") || lines[0]["method"] != "/picket.grouping.v1.DirectoryService/GetProject" {
				t.Errorf("the cause is not logged once: %v", lines)
			}
		})
	}
}

func TestEveryKindHasACode(t *testing.T) {
	t.Parallel()
	for kind := fault.Internal; kind <= fault.Unimplemented; kind++ {
		i := serve(t, func(context.Context) error { return &fault.Error{Kind: kind} })
		if code := status.Code(i.call(t)); code == codes.OK || code == codes.Unknown {
			t.Errorf("kind %d is %v", kind, code)
		}
	}
}

func TestACallThatIsOverDoesNotBlameADependency(t *testing.T) {
	t.Parallel()
	for _, want := range []codes.Code{codes.DeadlineExceeded, codes.Canceled} {
		t.Run(want.String(), func(t *testing.T) {
			t.Parallel()
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			entered := make(chan struct{}, 1)
			i := serve(t, func(ctx context.Context) error {
				if entered <- struct{}{}; want == codes.Canceled {
					leave()
				}
				<-ctx.Done()
				return fault.TryLater(time.Second, ctx.Err(), "the database cannot be used now")
			})
			// A deadline may pass on the way to the server: then the next one is later.
			for wait := 20 * time.Millisecond; len(entered) == 0; wait *= 2 {
				callCtx, cancel := ctx, func() {}
				if want == codes.DeadlineExceeded {
					callCtx, cancel = context.WithTimeout(ctx, wait)
				}
				if _, err := i.client.GetProject(callCtx, &groupingv1.GetProjectRequest{ProjectId: 1}); status.Code(err) != want {
					t.Fatalf("the caller saw %v", err)
				}
				cancel()
			}
			i.stop()
			if err := <-i.ended; err != nil {
				t.Error(err)
			}
			for _, line := range i.lines(t) {
				if line["code"] == codes.Unavailable.String() {
					t.Errorf("the server saw %v", line)
				}
			}
		})
	}
}

func TestAPanicFailsItsCallOnlyAndIsLoggedOnce(t *testing.T) {
	t.Parallel()
	i := serve(t, func(context.Context) error { panic("of the test") })
	for range 2 {
		if got := status.Convert(i.call(t)); got.Code() != codes.Internal || got.Message() != "internal error" {
			t.Errorf("got %v", got)
		}
	}
	lines := i.lines(t)
	if len(lines) != 2 {
		t.Errorf("two calls left %d lines: %v", len(lines), lines)
	}
	for _, line := range lines {
		text, _ := line["error"].(string)
		if line["level"] != "ERROR" || !strings.Contains(text, "of the test") || !strings.Contains(text, "status_test.go") {
			t.Errorf("the line does not say what went wrong and where: %v", line)
		}
	}
}
