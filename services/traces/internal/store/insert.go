package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

const insertBlocks = `
INSERT INTO span_blocks (
	project_id, block_id, newest, oldest, organization_id, spans, longest_nanos,
	traces, span_ids, times, words, attributes, rest, trace_tokens, filter_words, filter)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT DO NOTHING`

// Inserted is what became of some spans.
type Inserted struct {
	Stored        int                    // the others were there already
	Refused       map[int]traces.Refusal // by index: spans that cannot be stored
	DroppedErrors int                    // error events for which there was no room
}

// Insert stores spans, with the error events of their exceptions, and returns when they are durable. After an error none or all are stored, and the same spans may
// be inserted again: a block that is there already changes nothing, and a span that is in several blocks counts once.
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
		week := weekOf(&spans[i])
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

func weekOf(s *traces.Span) time.Time { return endTime(s.EndNanos).Truncate(partition.Step) }

func endTime(nanos int64) time.Time { return time.Unix(0, nanos).UTC().Truncate(time.Microsecond) }

// insertSome writes all blocks with one commit and notes the number of spans in new ones.
func (s *Store) insertSome(ctx context.Context, spans []traces.Span, indexes []int, inserted *Inserted) error {
	blocks, err := pack(spans, indexes)
	if err != nil || len(blocks) == 0 {
		return err
	}
	errorEvents := errorEventsOf(spans, indexes)
	inserted.Stored, inserted.DroppedErrors, err = s.insertOnce(ctx, blocks, errorEvents)
	for retries := 3; postgres.IsRetryable(err) && retries > 0; retries-- {
		inserted.Stored, inserted.DroppedErrors, err = s.insertOnce(ctx, blocks, errorEvents)
	}
	return err
}

// home is where a block is kept.
type home struct {
	projectID int64
	week      time.Time
}

// pack makes blocks, each of one project and week, in the order of their keys, so that writers of the same blocks do
// not deadlock.
func pack(spans []traces.Span, indexes []int) ([]packed, error) {
	homes := map[home][]traces.Span{}
	seen := make(map[spanKey]bool, len(indexes))
	for _, i := range indexes {
		key := keyOf(&spans[i])
		if !seen[key] {
			seen[key] = true
			at := home{spans[i].ProjectID, weekOf(&spans[i])}
			homes[at] = append(homes[at], spans[i])
		}
	}
	var blocks []packed
	for at, ofHome := range homes {
		for some := range slices.Chunk(ofHome, block.MaxSpans) {
			b, err := block.Encode(some)
			if err != nil {
				return nil, err
			}
			blocks = append(blocks, packed{b, at.projectID, some[0].OrganizationID, idOf(&b)})
		}
	}
	slices.SortFunc(blocks, packed.compare)
	return blocks, nil
}
