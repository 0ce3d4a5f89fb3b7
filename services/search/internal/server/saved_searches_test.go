package server_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

const (
	forOwner        = searchv1.SavedSearchVisibility_SAVED_SEARCH_VISIBILITY_OWNER
	forOrganization = searchv1.SavedSearchVisibility_SAVED_SEARCH_VISIBILITY_ORGANIZATION
)

func as(t *testing.T, caller string) context.Context {
	t.Helper()
	return metadata.AppendToOutgoingContext(t.Context(), "picket-actor", caller)
}

func save(t *testing.T, w *world, caller, name, query string, visibility searchv1.SavedSearchVisibility) *searchv1.SavedSearch {
	t.Helper()
	resp, err := w.CreateSavedSearch(as(t, caller), &searchv1.CreateSavedSearchRequest{SavedSearch: &searchv1.SavedSearch{
		OrganizationId: 1, Name: name, Query: query, Visibility: visibility, Sort: searchv1.IssueSort_ISSUE_SORT_FREQ,
	}})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return resp.GetSavedSearch()
}

// savedNames lists the saved searches that a caller sees, page by page; those that are pinned have a star.
func savedNames(t *testing.T, w *world, caller string) []string {
	t.Helper()
	ctx := as(t, caller)
	names := []string{}
	req := &searchv1.ListSavedSearchesRequest{OrganizationId: 1, PageSize: 2}
	for {
		resp, err := w.ListSavedSearches(ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, saved := range resp.GetSavedSearches() {
			names = append(names, saved.GetName()+map[bool]string{true: "*"}[saved.GetPinned()])
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			return names
		}
	}
}

func savedWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	w.Project(t, 2, 2, "foreign")
	return w
}

func TestASavedSearchIsAnsweredAsItWasSaved(t *testing.T) {
	t.Parallel()
	w := savedWorld(t)
	got := save(t, w, "user:1", "  mine ", "is:unresolved level:error", searchv1.SavedSearchVisibility_SAVED_SEARCH_VISIBILITY_UNSPECIFIED)
	want := &searchv1.SavedSearch{
		Id: got.GetId(), OrganizationId: 1, Name: "mine", Query: "is:unresolved level:error", Sort: searchv1.IssueSort_ISSUE_SORT_FREQ,
		Visibility: forOwner, Owner: "user:1", CreateTime: timestamppb.New(now),
	}
	diffProto(t, want, got)
	resp, err := w.ListSavedSearches(as(t, "user:1"), &searchv1.ListSavedSearchesRequest{OrganizationId: 1})
	if err != nil || len(resp.GetSavedSearches()) != 1 {
		t.Fatalf("%v, %v", resp, err)
	}
	diffProto(t, want, resp.GetSavedSearches()[0])
}

func TestSavedSearchesAreSeenByTheirOwnerOrTheOrganization(t *testing.T) {
	t.Parallel()
	w := savedWorld(t)
	for n := range 3 {
		save(t, w, "user:1", fmt.Sprintf("mine %d", n), fmt.Sprintf("level:error customer:%d", n), forOwner)
	}
	shared := save(t, w, "user:1", "all", "level:error", forOrganization)
	theirs := save(t, w, "user:2", "theirs", "level:error", forOwner)
	pin := func(caller string, id int64) error {
		_, err := w.PinSavedSearch(as(t, caller), &searchv1.PinSavedSearchRequest{OrganizationId: 1, SavedSearchId: id})
		return err
	}
	for _, err := range []error{pin("user:1", shared.GetId()), pin("user:2", shared.GetId()), pin("user:2", theirs.GetId())} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for caller, want := range map[string][]string{
		"user:1": {"all*", "mine 0", "mine 1", "mine 2"}, "user:2": {"all", "theirs*"}, "user:3": {"all"}, "": {"all"},
	} {
		if got := savedNames(t, w, caller); !slices.Equal(got, want) {
			t.Errorf("%q sees %v, want %v", caller, got, want)
		}
	}
	wantMissing(t, pin("user:1", theirs.GetId()), "saved search", fmt.Sprint(theirs.GetId()))
	if err := pin("user:2", 0); err != nil {
		t.Fatal(err)
	}
	if got, want := savedNames(t, w, "user:2"), []string{"all", "theirs"}; !slices.Equal(got, want) {
		t.Errorf("after unpinning %v, want %v", got, want)
	}
	_, err := w.DeleteSavedSearch(as(t, "user:1"), &searchv1.DeleteSavedSearchRequest{OrganizationId: 1, SavedSearchId: theirs.GetId()})
	wantMissing(t, err, "saved search", fmt.Sprint(theirs.GetId()))
	if _, err := w.DeleteSavedSearch(as(t, "user:2"), &searchv1.DeleteSavedSearchRequest{OrganizationId: 1, SavedSearchId: shared.GetId()}); err != nil {
		t.Fatal(err)
	}
	if got, want := savedNames(t, w, "user:1"), []string{"mine 0", "mine 1", "mine 2"}; !slices.Equal(got, want) {
		t.Errorf("after deleting %v, want %v", got, want)
	}
}

func TestASavedSearchIsChangedByWhoSeesIt(t *testing.T) {
	t.Parallel()
	w := savedWorld(t)
	shared := save(t, w, "user:1", "all", "level:error", forOrganization)
	save(t, w, "user:1", "other", "level:fatal", forOrganization)
	own := save(t, w, "user:1", "mine", "level:error", forOwner)
	update := func(caller string, id int64, paths ...string) (*searchv1.SavedSearch, error) {
		resp, err := w.UpdateSavedSearch(as(t, caller), &searchv1.UpdateSavedSearchRequest{
			SavedSearch: &searchv1.SavedSearch{
				Id: id, OrganizationId: 1, Name: "renamed", Query: "level:fatal", Sort: searchv1.IssueSort_ISSUE_SORT_USER, Visibility: forOwner,
			},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
		})
		return resp.GetSavedSearch(), err
	}
	got, err := update("user:2", shared.GetId(), "name", "sort")
	if err != nil || got.GetName() != "renamed" || got.GetQuery() != "level:error" || got.GetSort() != searchv1.IssueSort_ISSUE_SORT_USER {
		t.Errorf("%v, %v", got, err)
	}
	for _, c := range []struct {
		name, caller string
		id           int64
		paths        []string
		want         codes.Code
	}{
		{"the owner's, by somebody else", "user:2", own.GetId(), []string{"name"}, codes.NotFound},
		{"made private by somebody else", "user:2", shared.GetId(), []string{"visibility"}, codes.FailedPrecondition},
		{"a query that is saved already", "user:1", shared.GetId(), []string{"query"}, codes.AlreadyExists},
		{"a query that is the owner's already", "user:1", shared.GetId(), []string{"visibility"}, codes.AlreadyExists},
		{"a field that cannot be changed", "user:1", shared.GetId(), []string{"owner"}, codes.InvalidArgument},
		{"no field", "user:1", shared.GetId(), nil, codes.InvalidArgument},
		{"by nobody", "", shared.GetId(), []string{"name"}, codes.InvalidArgument},
		{"one that does not exist", "user:1", 1 << 40, []string{"name"}, codes.NotFound},
		{"by its owner, with everything at once", "user:1", own.GetId(), []string{"name", "query", "sort", "visibility"}, codes.OK},
	} {
		if _, err := update(c.caller, c.id, c.paths...); status.Code(err) != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestOnlySearchesThatCanBeCarriedOutAreSaved(t *testing.T) {
	t.Parallel()
	w := savedWorld(t)
	for name, c := range map[string]struct {
		caller string
		saved  *searchv1.SavedSearch
		want   codes.Code
	}{
		"a mistaken query":        {"user:1", &searchv1.SavedSearch{OrganizationId: 1, Name: "x", Query: "is:opne"}, codes.InvalidArgument},
		"no name":                 {"user:1", &searchv1.SavedSearch{OrganizationId: 1, Name: " "}, codes.InvalidArgument},
		"nobody":                  {"", &searchv1.SavedSearch{OrganizationId: 1, Name: "x"}, codes.InvalidArgument},
		"an unknown organization": {"user:1", &searchv1.SavedSearch{OrganizationId: 99, Name: "x"}, codes.NotFound},
	} {
		if _, err := w.CreateSavedSearch(as(t, c.caller), &searchv1.CreateSavedSearchRequest{SavedSearch: c.saved}); status.Code(err) != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	save(t, w, "user:1", "x", "level:error", forOwner)
	save(t, w, "user:2", "x", "level:error", forOwner)
	_, err := w.CreateSavedSearch(as(t, "user:1"), &searchv1.CreateSavedSearchRequest{
		SavedSearch: &searchv1.SavedSearch{OrganizationId: 1, Name: "again", Query: "level:error"},
	})
	if status.Code(err) != codes.AlreadyExists {
		t.Errorf("the same query again: %v", err)
	}
}
