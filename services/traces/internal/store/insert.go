package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

const insertSpans = `
INSERT INTO spans (
	project_id, trace_id, span_id, end_time, organization_id, parent_id, segment_id, is_segment, kind, status,
	start_nanos, end_nanos, self_nanos, name, op, description, category, transaction, service, environment, release,
	user_tag, sdk_name, attributes, events, links)
SELECT
	project_id, trace_id, span_id, end_time, organization_id, parent_id, segment_id, is_segment, kind, status,
	start_nanos, end_nanos, self_nanos, name, op, description, category, transaction, service, environment, release,
	user_tag, sdk_name, attributes::jsonb, events::jsonb, links::jsonb
FROM unnest(
	$1::bigint[], $2::uuid[], $3::bytea[], $4::timestamptz[], $5::bigint[], $6::bytea[], $7::bytea[], $8::boolean[],
	$9::smallint[], $10::smallint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::text[], $15::text[],
	$16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[],
	$24::text[], $25::text[], $26::text[]) AS s (
	project_id, trace_id, span_id, end_time, organization_id, parent_id, segment_id, is_segment, kind, status,
	start_nanos, end_nanos, self_nanos, name, op, description, category, transaction, service, environment, release,
	user_tag, sdk_name, attributes, events, links)
ORDER BY project_id, trace_id, span_id, end_time -- so that batches with the same spans do not deadlock
ON CONFLICT DO NOTHING`

// Inserted is what became of some spans.
type Inserted struct {
	Stored  int                    // new rows; the others were there already
	Refused map[int]traces.Refusal // by index: spans that cannot be stored
}

// Insert stores spans and returns when they are durable. A span that is there already changes nothing. A span that
// the database refuses does not hinder the others. After an error none, some or all are stored, and the same spans
// may be inserted again.
func (s *Store) Insert(ctx context.Context, spans []traces.Span) (Inserted, error) {
	inserted := Inserted{Refused: map[int]traces.Refusal{}}
	wanted, err := s.ensurePartitions(ctx, spans, inserted.Refused)
	if err != nil {
		return inserted, translate("make partitions for spans", err)
	}
	err = s.insertSome(ctx, spans, wanted, &inserted)
	if postgres.IsMissingPartition(err) { // another process has dropped it, or the table was made anew
		s.partitions.Forget()
		if wanted, err = s.ensurePartitions(ctx, spans, inserted.Refused); err == nil {
			err = s.insertSome(ctx, spans, wanted, &inserted)
		}
	}
	return inserted, translate("insert spans", err)
}

// ensurePartitions gives the indexes of the spans that have a partition.
func (s *Store) ensurePartitions(ctx context.Context, spans []traces.Span, refused map[int]traces.Refusal) ([]int, error) {
	dropped := map[time.Time]bool{}
	wanted := make([]int, 0, len(spans))
	for i := range spans {
		week := endTime(&spans[i]).Truncate(partition.Step)
		isDropped, known := dropped[week]
		if !known {
			err := s.partitions.Ensure(ctx, week)
			isDropped = errors.Is(err, partition.ErrBelowFloor)
			if err != nil && !isDropped {
				return nil, err
			}
			dropped[week] = isDropped
		}
		if isDropped {
			refused[i] = traces.TooOld
			continue
		}
		wanted = append(wanted, i)
	}
	return wanted, nil
}

// insertSome halves what the database refuses for its values until the span that it refuses stands alone.
func (s *Store) insertSome(ctx context.Context, spans []traces.Span, indexes []int, inserted *Inserted) error {
	if len(indexes) == 0 {
		return nil
	}
	stored, err := s.insertOnce(ctx, spans, indexes)
	for retries := 3; postgres.IsRetryable(err) && retries > 0; retries-- {
		stored, err = s.insertOnce(ctx, spans, indexes)
	}
	switch {
	case err == nil:
		inserted.Stored += stored
		return nil
	case postgres.IsMissingPartition(err) || !postgres.IsDataError(err):
		return err
	case len(indexes) == 1:
		inserted.Refused[indexes[0]] = traces.NotStorable
		return nil
	}
	half := len(indexes) / 2
	for _, part := range [][]int{slices.Clone(indexes[:half]), slices.Clone(indexes[half:])} {
		if err := s.insertSome(ctx, spans, part, inserted); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) insertOnce(ctx context.Context, spans []traces.Span, indexes []int) (int, error) {
	var c columns
	for _, i := range indexes {
		if err := c.add(&spans[i]); err != nil {
			return 0, err
		}
	}
	tag, err := s.pool.Exec(ctx, insertSpans,
		c.projectIDs, c.traceIDs, c.spanIDs, c.endTimes, c.organizationIDs, c.parentIDs, c.segmentIDs, c.isSegment,
		c.kinds, c.statuses, c.startNanos, c.endNanos, c.selfNanos, c.names, c.ops, c.descriptions, c.categories,
		c.transactions, c.services, c.environments, c.releases, c.userTags, c.sdkNames, c.attributes, c.events, c.links)
	return int(tag.RowsAffected()), err
}
