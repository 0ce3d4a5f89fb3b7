package fault_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/picket-io/picket/pkg/fault"
)

func TestEachFaultSaysWhatItIs(t *testing.T) {
	t.Parallel()
	broken := fault.Violation{Field: "query", Description: "3 is too many"}
	for name, tc := range map[string]struct{ got, want *fault.Error }{
		"a field":         {fault.InvalidField("query", "%d is too many", 3), &fault.Error{Kind: fault.Invalid, Message: "query: 3 is too many", Violations: []fault.Violation{broken}}},
		"the first field": {fault.InvalidRequest(broken, fault.Violation{}), &fault.Error{Kind: fault.Invalid, Message: "query: 3 is too many", Violations: []fault.Violation{broken, {}}}},
		"no field":        {fault.InvalidField("", "both are set"), &fault.Error{Kind: fault.Invalid, Message: "both are set", Violations: []fault.Violation{{Description: "both are set"}}}},
		"missing":         {fault.Missing("project", int64(7)), &fault.Error{Kind: fault.NotFound, Message: "project 7 does not exist", Resource: fault.Resource{Type: "project", Name: "7"}}},
		"taken":           {fault.Taken("slug", "shop"), &fault.Error{Kind: fault.AlreadyExists, Message: "slug shop exists already", Resource: fault.Resource{Type: "slug", Name: "shop"}}},
		"precondition":    {fault.Precondition("BUSY", "%d left", 2), &fault.Error{Kind: fault.FailedPrecondition, Reason: "BUSY", Message: "2 left"}},
		"later":           {fault.TryLater(time.Second, nil, "%s is away", "it"), &fault.Error{Kind: fault.Unavailable, Message: "it is away", RetryAfter: time.Second}},
		"full":            {fault.Full(time.Second, "%d wait", 9), &fault.Error{Kind: fault.Exhausted, Message: "9 wait", RetryAfter: time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.got, cmpopts.IgnoreUnexported(fault.Error{})); diff != "" {
				t.Error(diff)
			}
			if tc.got.Error() != tc.want.Message {
				t.Errorf("its text is %q", tc.got.Error())
			}
		})
	}
}

func TestTheCauseIsInTheTextButNotInTheMessage(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection refused")
	err := fault.TryLater(time.Second, cause, "the database is away")
	if err.Message != "the database is away" || err.Error() != "the database is away: connection refused" || !errors.Is(err, cause) {
		t.Errorf("message %q, text %q", err.Message, err.Error())
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want fault.Kind
	}{
		"nothing":                  {nil, fault.Internal},
		"another error":            {errors.New("x"), fault.Internal},
		"a fault":                  {fault.Missing("project", 1), fault.NotFound},
		"a wrapped fault":          {fmt.Errorf("look up: %w", fault.Missing("project", 1)), fault.NotFound},
		"a fault caused by one":    {fault.TryLater(0, fault.Missing("project", 1), "later"), fault.Unavailable},
		"a fault joined to others": {errors.Join(errors.New("x"), fault.Full(0, "full")), fault.Exhausted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := fault.KindOf(tc.err); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}
