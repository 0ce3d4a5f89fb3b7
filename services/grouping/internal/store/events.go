package store

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// eventRow is a row of the event index.
type eventRow struct {
	group *grouping.Group
	item  *grouping.Item
	o     *grouping.Occurrence
	e     *grouping.Event
	stack *uuid.UUID

	tags, fields []byte // JSON
	// Arrays as texts: those of many rows have different lengths, and are no array of arrays.
	errorTypes, errorValues, errorMechanisms *string
}

func eventRows(events []grouping.IndexedEvent, stacks stacks) (rows []eventRow, err error) {
	rows = make([]eventRow, len(events))
	for i := range events {
		o := events[i].Item.Occurrence
		row := eventRow{group: events[i].Group, item: &events[i].Item, o: o, e: &o.Event}
		if row.tags, err = json.Marshal(row.e.Tags); err != nil {
			return nil, err
		}
		if len(row.e.Fields) > 0 {
			if row.fields, err = json.Marshal(row.e.Fields); err != nil {
				return nil, err
			}
		}
		if digest, ok := stacks.digests[row.e.Stack]; ok {
			row.stack = &digest
		}
		for values, text := range map[*[]string]**string{
			&row.e.Errors.Types: &row.errorTypes, &row.e.Errors.Values: &row.errorValues, &row.e.Errors.Mechanisms: &row.errorMechanisms,
		} {
			if *text, err = arrayText(*values); err != nil {
				return nil, err
			}
		}
		rows[i] = row
	}
	return rows, nil
}

// arrayText writes an array as a text that the database reads as one. It gives nil, for NULL, where there is none.
func arrayText(values []string) (*string, error) {
	if values == nil {
		return nil, nil
	}
	written, err := textArrays.Encode(pgtype.TextArrayOID, pgtype.TextFormatCode, values, nil)
	text := string(written)
	return &text, err
}

var textArrays = pgtype.NewMap()

// eventColumn is a column of the event index with its values in rows that are to be inserted.
type eventColumn struct {
	name, sqlType string
	values        func([]eventRow) any
}

var eventColumns = []eventColumn{
	{"group_id", "bigint", of(func(r eventRow) int64 { return r.group.ID })},
	{"seen_time", "timestamptz", of(func(r eventRow) time.Time { return r.e.SeenTime })},
	{"kind", "smallint", of(func(r eventRow) int16 { return int16(r.item.Kind()) })},
	{"item_id", "uuid", of(func(r eventRow) uuid.UUID { return r.item.ID })},
	{"item_time", "timestamptz", of(eventRow.itemTime)},
	{"received_at", "timestamptz", of(func(r eventRow) time.Time { return r.item.ReceivedAt })},
	{"event_id", "uuid", of(func(r eventRow) uuid.UUID { return r.e.ID })},
	{"hash", "bytea", of(eventRow.hash)},
	{"title", "text", of(func(r eventRow) string { return r.o.Title })},
	{"message", "text", of(func(r eventRow) string { return r.e.Message })},
	{"culprit", "text", of(func(r eventRow) pgtype.Text { return r.unlike(r.group.First.Culprit, r.o.Culprit) })},
	{"transaction", "text", of(func(r eventRow) pgtype.Text { return r.unlike(r.group.First.Transaction, r.e.Transaction) })},
	{"level", "smallint", of(func(r eventRow) int16 { return int16(r.o.Level) })},
	{"platform", "text", of(func(r eventRow) pgtype.Text { return r.unlike(r.group.First.Platform, r.e.Platform) })},
	{"environment", "text", of(func(r eventRow) string { return r.e.Environment })},
	{"release", "text", of(func(r eventRow) string { return r.e.Release })},
	{"dist", "text", of(func(r eventRow) pgtype.Text { return r.unlike(r.group.First.Dist, r.e.Dist) })},
	{"user_id", "text", of(func(r eventRow) string { return r.e.User.ID })},
	{"user_email", "text", of(func(r eventRow) string { return r.e.User.Email })},
	{"user_name", "text", of(func(r eventRow) string { return r.e.User.Username })},
	{"user_ip", "text", of(func(r eventRow) string { return r.e.User.IPAddress })},
	{"trace_id", "uuid", of(func(r eventRow) pgtype.UUID { return pgtype.UUID{Bytes: r.e.TraceID, Valid: r.e.TraceID != uuid.Nil} })},
	{"span", "bytea", of(eventRow.span)},
	{"sdk_name", "text", of(func(r eventRow) pgtype.Text { return r.unlike(r.group.First.SDKName, r.e.SDKName) })},
	{"sdk_version", "text", of(func(r eventRow) pgtype.Text { return r.unlike(r.group.First.SDKVersion, r.e.SDKVersion) })},
	{"tags", "jsonb", of(func(r eventRow) []byte { return r.tags })},
	{"fields", "jsonb", of(func(r eventRow) []byte { return r.fields })},
	{"error_types", "text[]", of(func(r eventRow) *string { return r.errorTypes })},
	{"error_values", "text[]", of(func(r eventRow) *string { return r.errorValues })},
	{"error_mechanisms", "text[]", of(func(r eventRow) *string { return r.errorMechanisms })},
	{"unhandled", "boolean", of(func(r eventRow) pgtype.Bool { return pgtype.Bool{Bool: true, Valid: r.e.Errors.Unhandled} })},
	{"main_thread", "boolean", of(func(r eventRow) *bool { return r.e.Errors.MainThread })},
	{"stack", "uuid", of(func(r eventRow) *uuid.UUID { return r.stack })},
}

// unlike is NULL where the first event of the group said the same.
func (r eventRow) unlike(first, said string) pgtype.Text {
	return pgtype.Text{String: said, Valid: r.group.First.Hash == "" || said != first}
}

func (r eventRow) hash() []byte {
	if hash := r.o.Hashes[0]; hash != r.group.First.Hash {
		return []byte(hash)
	}
	return nil
}

// itemTime is NULL where it is the seen time, as mostly.
func (r eventRow) itemTime() pgtype.Timestamptz {
	return pgtype.Timestamptz{Time: r.item.Time, Valid: !r.item.Time.Equal(r.e.SeenTime)}
}

// itemTime is the item time of a row of the event index.
const itemTime = `coalesce(item_time, seen_time)`

// span is NULL where there is none. A span id has 16 hexadecimal digits.
func (r eventRow) span() []byte {
	span, err := hex.DecodeString(r.e.SpanID)
	if err != nil || len(span) == 0 {
		return nil
	}
	return span
}

func of[T any](value func(eventRow) T) func([]eventRow) any {
	return func(rows []eventRow) any {
		values := make([]T, len(rows))
		for i := range rows {
			values[i] = value(rows[i])
		}
		return values
	}
}

// A statement of a batch, and no COPY, which would be a round trip of its own while groups are locked.
var insertEvents = func() string {
	var names, values, arrays []string
	for i, column := range eventColumns {
		parameter, value, sqlType := "$"+strconv.Itoa(i+2), "n."+column.name, column.sqlType
		if strings.HasSuffix(sqlType, "[]") { // written as text
			value, sqlType = value+"::"+sqlType, "text"
		}
		names, values, arrays = append(names, column.name), append(values, value), append(arrays, parameter+"::"+sqlType+"[]")
	}
	list := strings.Join(names, ", ")
	return "INSERT INTO event_index (project_id, " + list + ")\nSELECT $1, " + strings.Join(values, ", ") +
		"\nFROM unnest(" + strings.Join(arrays, ", ") + ") AS n (" + list + ")"
}()

func queueEvents(batch *pgx.Batch, projectID int64, events []grouping.IndexedEvent, stacks stacks) error {
	if len(events) == 0 {
		return nil
	}
	rows, err := eventRows(events, stacks)
	if err != nil {
		return err
	}
	arguments := []any{projectID}
	for _, column := range eventColumns {
		arguments = append(arguments, column.values(rows))
	}
	batch.Queue(insertEvents, arguments...)
	return nil
}
