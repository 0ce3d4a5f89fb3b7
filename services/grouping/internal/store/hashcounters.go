package store

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// As lookup.go looks keys up.
const selectHashCounters = `
SELECT found.* FROM unnest($2::bytea[]) AS w (hash) CROSS JOIN LATERAL (
    SELECT c.hash, h.group_id, c.times_seen, c.first_seen, c.last_seen, c.last_item_id, c.text
    FROM hash_counters c JOIN group_hashes h ON h.project_id = c.project_id AND h.hash = c.hash
    WHERE c.project_id = $1 AND c.hash = w.hash OFFSET 0
) found WHERE group_id IS NOT NULL`

func collectHashCounters(rows pgx.Rows) (map[grouping.Hash]*grouping.HashCounters, error) {
	counters := map[grouping.Hash]*grouping.HashCounters{}
	var hash, text []byte
	var firstSeen, lastSeen pgtype.Timestamptz
	var lastItem pgtype.UUID
	var c grouping.HashCounters
	_, err := pgx.ForEachRow(rows, []any{&hash, &c.GroupID, &c.TimesSeen, &firstSeen, &lastSeen, &lastItem, &text}, func() (err error) {
		row := c
		row.FirstSeen, row.LastSeen, row.LastItemID = firstSeen.Time, lastSeen.Time, lastItem.Bytes
		row.Text, err = parseHashText(text)
		counters[grouping.Hash(hash)] = &row
		return err
	})
	return counters, err
}

// hashText is the form in which a text of its own is stored with a hash.
type hashText struct {
	Title    string         `json:"title"`
	Culprit  string         `json:"culprit"`
	Message  string         `json:"message"`
	Level    issue.Level    `json:"level"`
	Platform string         `json:"platform"`
	Metadata map[string]any `json:"metadata"`
}

func parseHashText(stored []byte) (*grouping.HashText, error) {
	if stored == nil {
		return nil, nil
	}
	var t hashText
	if err := json.Unmarshal(stored, &t); err != nil {
		return nil, err
	}
	return &grouping.HashText{
		Text:     grouping.Text{Title: t.Title, Culprit: t.Culprit, Message: t.Message, Level: t.Level, Platform: t.Platform},
		Metadata: t.Metadata,
	}, nil
}

// formatHashText gives what is stored, nil for NULL.
func formatHashText(text *grouping.HashText) ([]byte, error) {
	if text == nil {
		return nil, nil
	}
	t := text.Text
	return json.Marshal(hashText{t.Title, t.Culprit, t.Message, t.Level, t.Platform, text.Metadata})
}

const upsertHashCounters = `
INSERT INTO hash_counters (project_id, hash, times_seen, first_seen, last_seen, last_item_id, text)
SELECT $1, n.* FROM unnest($2::bytea[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::uuid[], $7::jsonb[]) AS n
ON CONFLICT (project_id, hash) DO UPDATE SET times_seen = excluded.times_seen, first_seen = excluded.first_seen,
    last_seen = excluded.last_seen, last_item_id = excluded.last_item_id, text = excluded.text`

const setSoleText = `
UPDATE hash_counters c SET text = $3 FROM group_hashes h
WHERE h.project_id = $1 AND h.group_id = $2 AND c.project_id = h.project_id AND c.hash = h.hash AND c.text IS NULL`

// queueHashCounters writes rows whose groups are locked, and so whole and in any order.
func queueHashCounters(batch *pgx.Batch, projectID int64, effects grouping.Effects) error {
	for groupID, text := range effects.Parted {
		stored, err := formatHashText(&text)
		if err != nil {
			return err
		}
		batch.Queue(setSoleText, projectID, groupID, stored)
	}
	var hashes, texts [][]byte
	var times []int64
	var firstSeen, lastSeen []time.Time
	var lastItems []uuid.UUID
	for hash, c := range effects.Hashes {
		text, err := formatHashText(c.Text)
		if err != nil {
			return err
		}
		hashes, texts, times = append(hashes, []byte(hash)), append(texts, text), append(times, c.TimesSeen)
		firstSeen, lastSeen, lastItems = append(firstSeen, c.FirstSeen), append(lastSeen, c.LastSeen), append(lastItems, c.LastItemID)
	}
	if len(hashes) > 0 {
		batch.Queue(upsertHashCounters, projectID, hashes, times, firstSeen, lastSeen, lastItems, texts)
	}
	return nil
}
