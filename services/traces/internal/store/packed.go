package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// packed is a block that is ready to be written.
type packed struct {
	block.Block
	projectID      int64
	organizationID int64
	id             [16]byte
}

func (p packed) compare(other packed) int {
	return cmp.Or(cmp.Compare(p.projectID, other.projectID), bytes.Compare(p.id[:], other.id[:]))
}

// idOf is made of the sections, which are the same for the same spans in any order.
func idOf(b *block.Block) [16]byte {
	digest := sha256.New()
	for _, section := range [][]byte{b.Traces, b.Sections.Spans, b.Times, b.Words, b.Attributes, b.Rest} {
		sum := sha256.Sum256(section)
		digest.Write(sum[:])
	}
	return [16]byte(digest.Sum(nil))
}

// arguments are those of insertBlocks.
func (p packed) arguments() []any {
	return []any{
		p.projectID, p.id, endTime(p.NewestNanos), endTime(p.OldestNanos), p.organizationID, p.Spans, p.Longest,
		p.Traces, p.Sections.Spans, p.Times, p.Words, p.Attributes, p.Rest, p.TraceTokens, len(p.Filter) / 8, p.Filter,
	}
}

// insertOnce writes blocks, and what ingest is to be told of them, in one transaction.
func (s *Store) insertOnce(ctx context.Context, blocks []packed, errors errorEvents) (stored, dropped int, err error) {
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		stored, dropped = 0, 0
		batch := &pgx.Batch{}
		for i := range blocks {
			batch.Queue(insertBlocks, blocks[i].arguments()...).Exec(func(tag pgconn.CommandTag) error {
				stored += int(tag.RowsAffected()) * blocks[i].Spans
				return nil
			})
		}
		errors.queue(batch, s.now(), s.limits.ErrorEvents, &dropped)
		return tx.SendBatch(ctx, batch).Close()
	})
	return stored, dropped, err
}

// spanKey tells spans apart: the same span sent again, alone or in another company, has the same.
type spanKey struct {
	projectID int64
	traceID   traces.TraceID
	spanID    traces.SpanID
	endMicros int64
}

func keyOf(s *traces.Span) spanKey {
	return spanKey{s.ProjectID, s.TraceID, s.SpanID, s.EndNanos / 1000}
}
