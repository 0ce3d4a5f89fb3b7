package server

import (
	"context"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/picket-io/picket/pkg/actor"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/search/internal/search"
)

const maxPageSize = 100

// windowRequest is a request about a time.
type windowRequest interface {
	GetStartTime() *timestamppb.Timestamp
	GetEndTime() *timestamppb.Timestamp
}

// projects gives the projects that a request names, all where it names none, and all of its organization.
func (s *Server) projects(ctx context.Context, organizationID int64, ids []int64) (named, all []search.Project, err error) {
	all, err = s.store.Projects(ctx, organizationID)
	if err != nil {
		return nil, nil, err
	}
	named, err = pick(all, ids)
	return named, all, err
}

// pick chooses projects by their ids, all of them when there is none. One of another organization does not exist for
// the caller.
func pick(all []search.Project, ids []int64) ([]search.Project, error) {
	if len(ids) == 0 {
		return all, nil
	}
	picked := make([]search.Project, 0, len(ids))
	for _, id := range ids {
		i := slices.IndexFunc(all, func(p search.Project) bool { return p.ID == id })
		if i < 0 {
			return nil, fault.Missing("project", id)
		}
		if !slices.Contains(picked, all[i]) {
			picked = append(picked, all[i])
		}
	}
	return picked, nil
}

// scope gives where a request looks. An environment is known when any project of the organization has it; the empty
// name stands for events without one.
func (s *Server) scope(ctx context.Context, organizationID int64, projectIDs []int64, environments []string) (search.Scope, error) {
	named, all, err := s.projects(ctx, organizationID, projectIDs)
	if err != nil {
		return search.Scope{}, err
	}
	caller, err := actor.Of(ctx)
	if err != nil {
		return search.Scope{}, err
	}
	environments = slices.Clone(environments)
	for i := range environments {
		environments[i] = clean(environments[i])
	}
	names := slices.DeleteFunc(slices.Clone(environments), func(name string) bool { return name == "" })
	if len(names) > 0 {
		unknown, err := s.store.UnknownEnvironments(ctx, search.Scope{Projects: all}.ProjectIDs(), names)
		if err != nil {
			return search.Scope{}, err
		}
		if len(unknown) > 0 {
			return search.Scope{}, fault.Missing("environment", unknown[0])
		}
	}
	return search.Scope{Projects: named, Environments: environments, OrganizationID: organizationID, Caller: caller}, nil
}

// clean gives a text the form in which the door keeps it: the database takes no NUL.
func clean(text string) string { return strings.ReplaceAll(text, "\x00", "\uFFFD") }

// window gives the time in which a request's events count.
func (s *Server) window(req windowRequest, now time.Time) (search.Window, error) {
	start, err := instant("start_time", req.GetStartTime())
	if err != nil {
		return search.Window{}, err
	}
	end, err := instant("end_time", req.GetEndTime())
	if err != nil {
		return search.Window{}, err
	}
	if !end.IsZero() && !start.Before(end) {
		return search.Window{}, fault.InvalidField("start_time", "must be before end_time")
	}
	return search.NewWindow(start, end, now, s.retention), nil
}

// instant gives the zero time for an absent timestamp.
func instant(field string, t *timestamppb.Timestamp) (time.Time, error) {
	if t == nil {
		return time.Time{}, nil
	}
	if err := t.CheckValid(); err != nil {
		return time.Time{}, fault.InvalidField(field, "is not a valid time")
	}
	return t.AsTime(), nil
}

// bind makes the binding of a request whose answer depends on who asks.
func bind(ctx context.Context, req proto.Message) (pagetoken.Binding, error) {
	caller, err := actor.Of(ctx)
	return pagetoken.Bind(req, caller), err
}

func pageSize(wanted int32) int {
	if wanted == 0 {
		return maxPageSize
	}
	return min(int(wanted), maxPageSize)
}
