package server_test

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

func diffProto(t *testing.T, want, got proto.Message) {
	t.Helper()
	if diff := gocmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// violation gives the first field violation of an error.
func violation(err error) (field, description string) {
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			v := bad.GetFieldViolations()[0]
			return v.GetField(), v.GetDescription()
		}
	}
	return "", ""
}

// wantMissing checks for NOT_FOUND with the thing that is missing.
func wantMissing(t *testing.T, err error, resourceType, name string) {
	t.Helper()
	if status.Code(err) != codes.NotFound {
		t.Errorf("got %v, want NOT_FOUND", err)
		return
	}
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ResourceInfo); ok && info.GetResourceType() == resourceType && info.GetResourceName() == name {
			return
		}
	}
	t.Errorf("%v does not name %s %s", err, resourceType, name)
}

func ago(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(now.Add(-d)) }

// wholeIssue is issue 1 of the story as a search for level:error answers it.
func wholeIssue() *issuesv1.Issue {
	return &issuesv1.Issue{
		Id: 1, ProjectId: 1, ProjectSlug: "backend", ShortId: "BACKEND-1", Title: "Title 1", Culprit: "culprit", Message: "the group's text",
		Level: issuesv1.Level_LEVEL_ERROR, Platform: "go", Type: 1, TypeSlug: "error", Category: issuesv1.IssueCategory_ISSUE_CATEGORY_ERROR,
		Status: issuesv1.Status_STATUS_UNRESOLVED, Substatus: issuesv1.Substatus_SUBSTATUS_NEW, Priority: issuesv1.Priority_PRIORITY_HIGH,
		FirstSeen: ago(2 * time.Hour), LastSeen: ago(time.Hour), TimesSeen: 2, UsersSeen: 2, Etag: "1",
		Metadata: &structpb.Struct{Fields: map[string]*structpb.Value{"value": structpb.NewStringValue("v")}},
		Matching: &issuesv1.EventCounts{Count: 1, UserCount: 1, FirstSeen: ago(time.Hour), LastSeen: ago(time.Hour)},
		Window:   &issuesv1.EventCounts{Count: 2, UserCount: 2, FirstSeen: ago(2 * time.Hour), LastSeen: ago(time.Hour)},
	}
}
