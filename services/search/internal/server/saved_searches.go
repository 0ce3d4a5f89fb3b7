package server

import (
	"context"
	"strings"
	"time"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/actor"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/search/internal/search"
)

// CreateSavedSearch saves a search of the caller.
func (s *Server) CreateSavedSearch(ctx context.Context, req *searchv1.CreateSavedSearchRequest) (*searchv1.CreateSavedSearchResponse, error) {
	owner, err := user(ctx)
	if err != nil {
		return nil, err
	}
	wanted := req.GetSavedSearch()
	change := allOf(wanted)
	if err := check(change); err != nil {
		return nil, err
	}
	if _, err := s.store.Projects(ctx, wanted.GetOrganizationId()); err != nil { // that it exists
		return nil, err
	}
	saved := search.SavedSearch{
		OrganizationID: wanted.GetOrganizationId(), Name: *change.Name, Query: *change.Query, Sort: *change.Sort,
		Visibility: *change.Visibility, Owner: owner, CreatedAt: s.now().Truncate(time.Microsecond),
	}
	if saved.ID, err = s.saved.Create(ctx, saved); err != nil {
		return nil, err
	}
	return &searchv1.CreateSavedSearchResponse{SavedSearch: savedToProto(saved)}, nil
}

// ListSavedSearches lists what the caller sees, by name.
func (s *Server) ListSavedSearches(ctx context.Context, req *searchv1.ListSavedSearchesRequest) (*searchv1.ListSavedSearchesResponse, error) {
	caller, err := actor.Of(ctx)
	if err != nil {
		return nil, err
	}
	binding := pagetoken.Bind(req, caller)
	var after search.SavedSearchPosition
	if req.GetPageToken() != "" {
		if after, err = pagetoken.Decode[search.SavedSearchPosition](binding, req.GetPageToken()); err != nil {
			return nil, err
		}
	}
	if _, err := s.store.Projects(ctx, req.GetOrganizationId()); err != nil {
		return nil, err
	}
	size := pageSize(req.GetPageSize())
	found, err := s.saved.List(ctx, req.GetOrganizationId(), caller, after, size+1)
	if err != nil {
		return nil, err
	}
	resp := &searchv1.ListSavedSearchesResponse{}
	if len(found) > size {
		found = found[:size]
		last := search.SavedSearchPosition{Name: found[size-1].Name, ID: found[size-1].ID}
		if resp.NextPageToken, err = pagetoken.Encode(binding, last); err != nil {
			return nil, err
		}
	}
	for _, saved := range found {
		resp.SavedSearches = append(resp.SavedSearches, savedToProto(saved))
	}
	return resp, nil
}

// UpdateSavedSearch changes the fields that the mask names.
func (s *Server) UpdateSavedSearch(ctx context.Context, req *searchv1.UpdateSavedSearchRequest) (*searchv1.UpdateSavedSearchResponse, error) {
	caller, err := user(ctx)
	if err != nil {
		return nil, err
	}
	if len(req.GetUpdateMask().GetPaths()) == 0 {
		return nil, fault.InvalidField("update_mask", "names no field")
	}
	all := allOf(req.GetSavedSearch())
	var change search.SavedSearchChange
	for _, path := range req.GetUpdateMask().GetPaths() {
		switch path {
		case "name":
			change.Name = all.Name
		case "query":
			change.Query = all.Query
		case "sort":
			change.Sort = all.Sort
		case "visibility":
			change.Visibility = all.Visibility
		default:
			return nil, fault.InvalidField("update_mask", "%q cannot be changed; expected name, query, sort or visibility", path)
		}
	}
	if err := check(change); err != nil {
		return nil, err
	}
	saved, err := s.saved.Update(ctx, req.GetSavedSearch().GetOrganizationId(), req.GetSavedSearch().GetId(), caller, change)
	if err != nil {
		return nil, err
	}
	return &searchv1.UpdateSavedSearchResponse{SavedSearch: savedToProto(saved)}, nil
}

// PinSavedSearch pins a search for the caller, or none.
func (s *Server) PinSavedSearch(ctx context.Context, req *searchv1.PinSavedSearchRequest) (*searchv1.PinSavedSearchResponse, error) {
	caller, err := user(ctx)
	if err != nil {
		return nil, err
	}
	if req.GetSavedSearchId() == 0 {
		err = s.saved.Unpin(ctx, req.GetOrganizationId(), caller)
	} else {
		err = s.saved.Pin(ctx, req.GetOrganizationId(), req.GetSavedSearchId(), caller)
	}
	return &searchv1.PinSavedSearchResponse{}, err
}

// DeleteSavedSearch takes a search that the caller sees away.
func (s *Server) DeleteSavedSearch(ctx context.Context, req *searchv1.DeleteSavedSearchRequest) (*searchv1.DeleteSavedSearchResponse, error) {
	caller, err := user(ctx)
	if err != nil {
		return nil, err
	}
	return &searchv1.DeleteSavedSearchResponse{}, s.saved.Delete(ctx, req.GetOrganizationId(), req.GetSavedSearchId(), caller)
}

// user gives the person who calls: what is saved and pinned is somebody's.
func user(ctx context.Context) (string, error) {
	caller, err := actor.Of(ctx)
	if err == nil && !strings.HasPrefix(caller, "user:") {
		err = fault.InvalidField(actor.Field, "does not say who calls; expected `user:ID`")
	}
	return caller, err
}

// allOf reads every field that people change.
func allOf(saved *searchv1.SavedSearch) search.SavedSearchChange {
	name, query, order := strings.TrimSpace(clean(saved.GetName())), saved.GetQuery(), sorts[saved.GetSort()]
	visibility := search.ForOwner
	if saved.GetVisibility() == searchv1.SavedSearchVisibility_SAVED_SEARCH_VISIBILITY_ORGANIZATION {
		visibility = search.ForOrganization
	}
	return search.SavedSearchChange{Name: &name, Query: &query, Sort: &order, Visibility: &visibility}
}

// check refuses what could not be found by its name, or not be searched for.
func check(change search.SavedSearchChange) error {
	if change.Name != nil && *change.Name == "" {
		return fault.InvalidField("saved_search.name", "is empty")
	}
	if change.Query != nil {
		_, err := parse("saved_search.query", *change.Query)
		return err
	}
	return nil
}
