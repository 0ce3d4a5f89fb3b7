package store

import (
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// firstColumns are what the first event of a group g said, all NULL where none was kept.
const firstColumns = `g.first_hash, g.first_culprit, g.first_transaction, g.first_platform, g.first_dist, g.first_sdk_name, g.first_sdk_version`

// firstEvent has places for firstColumns.
type firstEvent struct {
	hash  []byte
	texts [6]pgtype.Text
}

func (f *firstEvent) places() []any {
	places := []any{&f.hash}
	for i := range f.texts {
		places = append(places, &f.texts[i])
	}
	return places
}

func (f *firstEvent) event() grouping.FirstEvent {
	t := &f.texts
	return grouping.FirstEvent{
		Hash: grouping.Hash(f.hash), Culprit: t[0].String, Transaction: t[1].String, Platform: t[2].String, Dist: t[3].String,
		SDKName: t[4].String, SDKVersion: t[5].String,
	}
}

// firstValues are the arguments for firstColumns.
func firstValues(e grouping.FirstEvent) []any {
	if e.Hash == "" {
		return make([]any, 7)
	}
	return []any{[]byte(e.Hash), e.Culprit, e.Transaction, e.Platform, e.Dist, e.SDKName, e.SDKVersion}
}
