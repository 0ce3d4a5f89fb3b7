package server

import (
	"context"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

func (s *Server) IngestStatusChange(ctx context.Context, req *ingestv1.IngestStatusChangeRequest) (*ingestv1.IngestStatusChangeResponse, error) {
	id, err := parseID("id", req.GetId())
	if err != nil {
		return nil, err
	}
	status, substatus := statusFromProto(req.GetNewStatus()), issue.Substatus(req.GetNewSubstatus())
	if status == issue.Resolved && substatus != issue.NoSubstatus {
		return nil, fault.InvalidField("new_substatus", "is %s, and a resolved issue has none", req.GetNewSubstatus())
	}
	if status != issue.Resolved && substatus == issue.NoSubstatus {
		return nil, fault.InvalidField("new_substatus", "is required with %s", req.GetNewStatus())
	}
	item, err := ingest.StatusChangeDraft{
		ID: id, ProjectID: req.GetProjectId(), Fingerprint: req.GetFingerprint(), Status: status, Substatus: substatus,
	}.Item(s.now())
	if err != nil {
		return nil, err
	}
	verdict, err := s.pipeline.One(ctx, item)
	if err != nil {
		return nil, err
	}
	return &ingestv1.IngestStatusChangeResponse{
		Outcome: issuesv1.Outcome(verdict.Outcome), IssueId: verdict.GroupID, ShortId: verdict.ShortID,
		Changed: verdict.Changed, Repeated: verdict.Repeated,
	}, nil
}
