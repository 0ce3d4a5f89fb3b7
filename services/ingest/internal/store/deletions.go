package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/postgres"
)

// One row a statement: a join would be planned while the week's partition is empty, and read all of it from then on.
const deletePayload = `
DELETE FROM payloads WHERE project_id = $1 AND kind = $2 AND item_id = $3 AND item_time = $4
RETURNING block_id, line`

const lockBlock = `SELECT body || tail FROM payload_blocks WHERE project_id = $1 AND day = $2 AND id = $3 FOR UPDATE`

const updateBlock = `UPDATE payload_blocks SET body = $4, tail = $5 WHERE project_id = $1 AND day = $2 AND id = $3`

const deleteBlock = `DELETE FROM payload_blocks WHERE project_id = $1 AND day = $2 AND id = $3`

// DeletePayloads deletes payloads; those that are not stored do not matter. A block is written again without them.
func (s *Store) DeletePayloads(ctx context.Context, keys []Key) error {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, Key.compare) // and blocks by their keys: two deletions wait for each other in one direction only
	return translate(postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		gone := map[blockKey][]int16{}
		batch := &pgx.Batch{}
		batch.Queue(keepLookups)
		for _, key := range keys {
			in := blockKey{projectID: key.ProjectID, day: dayOf(key.ItemTime)}
			batch.Queue(deletePayload, key.ProjectID, key.Kind, [16]byte(key.ItemID), key.ItemTime).Query(func(rows pgx.Rows) error {
				lines := map[int64][]int16{}
				err := collectLines(rows, lines)
				for in.id = range lines {
					gone[in] = append(gone[in], lines[in.id]...)
				}
				return err
			})
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		return eraseLines(ctx, tx, gone)
	}))
}

func eraseLines(ctx context.Context, tx pgx.Tx, gone map[blockKey][]int16) error {
	blocks := make([]blockKey, 0, len(gone))
	for b := range gone {
		blocks = append(blocks, b)
	}
	slices.SortFunc(blocks, func(a, b blockKey) int {
		return cmp.Or(cmp.Compare(a.projectID, b.projectID), a.day.Compare(b.day), cmp.Compare(a.id, b.id))
	})
	changes := &pgx.Batch{}
	for _, b := range blocks {
		var compressed []byte
		if err := tx.QueryRow(ctx, lockBlock, b.projectID, b.day, b.id).Scan(&compressed); err != nil {
			return err
		}
		content, err := decompress(compressed)
		if err != nil {
			return err
		}
		lines := split(content)
		for _, line := range gone[b] {
			lines[line] = nil
		}
		if isEmpty(lines) {
			changes.Queue(deleteBlock, b.projectID, b.day, b.id)
		} else {
			body, tail := cut(Compress(join(lines)))
			changes.Queue(updateBlock, b.projectID, b.day, b.id, body, tail)
		}
	}
	return tx.SendBatch(ctx, changes).Close()
}

func isEmpty(lines [][]byte) bool {
	return !slices.ContainsFunc(lines, func(line []byte) bool { return len(bytes.TrimSpace(line)) > 0 })
}
