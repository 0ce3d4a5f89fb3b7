package consumer

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/request"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

// orderKey is what has an order: records with the same one are judged in the order of their offsets.
type orderKey struct {
	project int64
	hash    string // of the first part of the fingerprint
}

// delivery is one record on its way.
type delivery struct {
	record        *kgo.Record
	received      time.Time
	number        int      // among those of the partition that this process has read
	key           orderKey // known once it was read
	changesStatus bool     // likewise
	item          *ingest.Item
	tries         int
	letter        *store.DeadLetter // what it has become
	done          bool
}

// keyed tells whether the record was read; the item may have been given up since.
func (d *delivery) keyed() bool { return !d.received.IsZero() }

// read reads a record for the first time. It says false when no item comes of it.
func (w *worker) read(d *delivery) bool {
	d.received, d.number = w.now(), w.recent.add()
	item, err := d.decode()
	d.key.project = item.ProjectID
	if err != nil {
		w.bury(d, err)
		return false
	}
	switch {
	case item.Occurrence != nil:
		d.key.hash = item.Occurrence.Fingerprint[0]
	case item.StatusChange != nil:
		d.key.hash, d.changesStatus = item.StatusChange.Hash, true
	}
	d.item = &item
	return true
}

func (d *delivery) decode() (ingest.Item, error) {
	if len(d.record.Value) > ingest.MaxMessageBytes {
		return ingest.Item{}, errTooLarge
	}
	fallback := ingest.RecordID(d.record.Topic, d.record.Partition, d.record.Offset)
	return request.ReadRecord(header(d.record, request.ContentTypeHeader), d.record.Value, fallback, d.received)
}

// unread gives the item up. It is several times as large as the bytes it was read from.
func (d *delivery) unread() { d.item = nil }

// reread gives the item, read again if it was given up: what could be read once always can.
func (d *delivery) reread() ingest.Item {
	if d.item != nil {
		return *d.item
	}
	item, _ := d.decode()
	return item
}

// header gives the last value of a header, as the last one wins among Kafka's clients.
func header(record *kgo.Record, key string) string {
	for i := len(record.Headers) - 1; i >= 0; i-- {
		if record.Headers[i].Key == key {
			return string(record.Headers[i].Value)
		}
	}
	return ""
}
