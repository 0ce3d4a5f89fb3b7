package store

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// Senders of few spans make small blocks. Those of one project and week are merged in the background, in steps of one new
// block each: a transaction removes some and writes the block of their spans, so that every reader, and whoever looks
// after a crash, sees either. Answers are the same before and after: of copies of a span those that differ are kept.
const (
	mergeInterval = 10 * time.Second
	// A merge is worth its while when half a block comes of it, or when there are very many blocks.
	worthSpans, worthBlocks = block.MaxSpans / 2, 64
	blocksAtOnce            = 256
)

const findSmallBlocks = `
SELECT project_id, date_bin('7 days', newest, timestamptz '0001-01-01 00:00:00+00') AS week
FROM span_blocks WHERE spans <= 256
GROUP BY project_id, week
HAVING count(*) >= $1 OR count(*) > 1 AND sum(spans) >= $2
ORDER BY count(*) DESC LIMIT 100`

// Blocks of very large spans are large enough. Others may be merging some of them.
const lockSmallBlocks = `
SELECT block_id, spans FROM span_blocks
WHERE project_id = $1 AND newest >= $2 AND newest < $3 AND spans <= 256
	AND octet_length(attributes) + octet_length(words) + coalesce(octet_length(rest), 0) < 1000000
ORDER BY newest LIMIT $4 FOR UPDATE SKIP LOCKED`

const takeBlocks = `
WITH taken AS (
	DELETE FROM span_blocks WHERE project_id = $1 AND newest >= $2 AND newest < $3 AND block_id = ANY ($4)
	RETURNING organization_id, project_id, block_id, spans, newest, oldest, traces, times, span_ids, words, attributes, rest)
SELECT organization_id, project_id, block_id, spans, newest, oldest, traces, times, span_ids, words, attributes, rest FROM taken`

// RunMerges merges small blocks until ctx ends. Any number of processes may do so.
func (s *Store) RunMerges(ctx context.Context, onError func(error)) error {
	ticker := time.NewTicker(mergeInterval)
	defer ticker.Stop()
	for {
		if _, err := s.MergeBlocks(ctx); err != nil && ctx.Err() == nil {
			onError(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// MergeBlocks merges what is worth it now, and gives the number of steps that it took.
func (s *Store) MergeBlocks(ctx context.Context) (steps int, err error) {
	for {
		homes, err := s.smallBlocks(ctx)
		if err != nil {
			return steps, translate("find small blocks", err)
		}
		before := steps
		for _, h := range homes {
			merged, err := s.mergeSome(ctx, h)
			if err != nil {
				return steps, translate(fmt.Sprintf("merge blocks of project %d", h.projectID), err)
			}
			if merged {
				steps++
			}
		}
		if steps == before {
			return steps, nil
		}
	}
}

func (s *Store) smallBlocks(ctx context.Context) ([]home, error) {
	rows, err := s.pool.Query(ctx, findSmallBlocks, worthBlocks, worthSpans)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (h home, err error) {
		err = row.Scan(&h.projectID, &h.week)
		h.week = h.week.UTC()
		return h, err
	})
}

// mergeSome makes one block of the oldest small ones.
func (s *Store) mergeSome(ctx context.Context, h home) (merged bool, err error) {
	return merged, postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		ids, err := lockBlocks(ctx, tx, h)
		if err != nil || len(ids) < 2 {
			return err
		}
		rows, err := tx.Query(ctx, takeBlocks, h.projectID, h.week, h.week.Add(partition.Step), ids)
		if err != nil {
			return err
		}
		taken, err := pgx.CollectRows(rows, scanBlock)
		if err != nil {
			return err
		}
		spans, err := unpack(taken)
		if err != nil {
			return err
		}
		b, err := block.Encode(spans)
		if err != nil {
			return err
		}
		merged = true
		p := packed{b, h.projectID, spans[0].OrganizationID, idOf(&b)}
		_, err = tx.Exec(ctx, insertBlocks, p.arguments()...)
		return err
	})
}

// lockBlocks names blocks whose spans fit into one.
func lockBlocks(ctx context.Context, tx pgx.Tx, h home) ([][16]byte, error) {
	rows, err := tx.Query(ctx, lockSmallBlocks, h.projectID, h.week, h.week.Add(partition.Step), blocksAtOnce)
	if err != nil {
		return nil, err
	}
	type small struct {
		ID    [16]byte
		Spans int
	}
	locked, err := pgx.CollectRows(rows, pgx.RowToStructByPos[small])
	var ids [][16]byte
	room := block.MaxSpans
	for _, b := range locked {
		if room -= b.Spans; room < 0 {
			break
		}
		ids = append(ids, b.ID)
	}
	return ids, err
}

// unpack gives the spans of some blocks, without copies that are the same in everything.
func unpack(blocks []*stored) ([]traces.Span, error) {
	var all []traces.Span
	known := map[spanKey][]int{}
	for _, b := range blocks {
		places := make([]int, b.Len())
		for i := range places {
			places[i] = i
		}
		spans, err := b.Spans(places)
		if err != nil {
			return nil, err
		}
		for i := range spans {
			key := keyOf(&spans[i])
			isCopy := false
			for _, other := range known[key] {
				isCopy = isCopy || reflect.DeepEqual(all[other], spans[i])
			}
			if !isCopy {
				known[key] = append(known[key], len(all))
				all = append(all, spans[i])
			}
		}
	}
	return all, nil
}
