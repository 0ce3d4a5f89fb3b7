package server

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/fault"
)

const maxOutcomeRange = 31 * 24 * time.Hour

func (s *Server) GetOutcomes(ctx context.Context, req *ingestv1.GetOutcomesRequest) (*ingestv1.GetOutcomesResponse, error) {
	start, end := ceilMinute(req.GetStartTime().AsTime()), ceilMinute(req.GetEndTime().AsTime())
	if end.Before(start) || end.Sub(start) > maxOutcomeRange {
		return nil, fault.InvalidField("end_time", "has to lie between start_time and 31 days later")
	}
	bucket := time.Minute
	if req.GetBucket() != nil {
		if bucket = req.GetBucket().AsDuration(); bucket%time.Minute != 0 {
			return nil, fault.InvalidField("bucket", "is no whole number of minutes")
		}
	}
	sum := outcomeSum{bucket: bucket, counts: map[outcomeKey]int64{}}
	// Dead letters before judgements: what is replayed in between is seen twice rather than not at all.
	kept, err := s.store.Outcomes(ctx, req.GetProjectId(), start, end)
	if err != nil {
		return nil, err
	}
	for _, c := range kept.Drops {
		sum.add(c.Minute, outcomeKey{term: ingestv1.OutcomeTerm_OUTCOME_TERM_DROPPED, outcome: issuesv1.Outcome(c.Outcome)}, c.Count)
	}
	for _, c := range kept.Rejections {
		sum.add(c.Minute, outcomeKey{term: ingestv1.OutcomeTerm_OUTCOME_TERM_REJECTED, reason: c.Reason}, c.Count)
	}
	for _, c := range kept.DeadLetters {
		reason := ingestv1.DeadLetterReason(c.Reason).String()
		sum.add(c.Minute, outcomeKey{term: ingestv1.OutcomeTerm_OUTCOME_TERM_DEAD_LETTERED, reason: reason}, c.Count)
	}
	if err := s.addJudged(ctx, req.GetProjectId(), start, end, &sum); err != nil {
		return nil, err
	}
	return &ingestv1.GetOutcomesResponse{Counts: sum.toProto()}, nil
}

func (s *Server) addJudged(ctx context.Context, projectID int64, start, end time.Time, sum *outcomeSum) error {
	if projectID == 0 { // grouping judges only what has a project
		return nil
	}
	judged, err := s.grouping.CountOutcomes(ctx, &groupingv1.CountOutcomesRequest{
		ProjectId: projectID, StartTime: timestamppb.New(start), EndTime: timestamppb.New(end),
	})
	if err != nil {
		return fault.TryLater(time.Second, err, "the grouping service does not answer")
	}
	for _, c := range judged.GetCounts() {
		key := outcomeKey{term: ingestv1.OutcomeTerm_OUTCOME_TERM_DROPPED, outcome: c.GetOutcome()}
		if c.GetOutcome() == issuesv1.Outcome_OUTCOME_ACCEPTED {
			key.term = ingestv1.OutcomeTerm_OUTCOME_TERM_ACCEPTED
		}
		sum.add(c.GetTime().AsTime(), key, c.GetCount())
	}
	return nil
}

func ceilMinute(t time.Time) time.Time {
	if floor := t.Truncate(time.Minute); floor.Before(t) {
		return floor.Add(time.Minute)
	}
	return t
}

type outcomeKey struct {
	time    int64 // seconds since 1970
	term    ingestv1.OutcomeTerm
	outcome issuesv1.Outcome
	reason  string
}

func (k outcomeKey) compare(other outcomeKey) int {
	return cmp.Or(cmp.Compare(k.time, other.time), cmp.Compare(k.term, other.term), cmp.Compare(k.outcome, other.outcome),
		cmp.Compare(k.reason, other.reason))
}

type outcomeSum struct {
	bucket time.Duration
	counts map[outcomeKey]int64
}

func (s *outcomeSum) add(minute time.Time, key outcomeKey, count int64) {
	key.time = minute.Truncate(s.bucket).Unix()
	s.counts[key] += count
}

func (s *outcomeSum) toProto() []*ingestv1.OutcomeCount {
	keys := slices.SortedFunc(maps.Keys(s.counts), outcomeKey.compare)
	counts := make([]*ingestv1.OutcomeCount, len(keys))
	for i, key := range keys {
		counts[i] = &ingestv1.OutcomeCount{
			Time: &timestamppb.Timestamp{Seconds: key.time}, Term: key.term, Outcome: key.outcome, Reason: key.reason, Count: s.counts[key],
		}
	}
	return counts
}
