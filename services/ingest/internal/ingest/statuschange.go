package ingest

import (
	"time"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
)

// StatusChangeDraft is a status change as its sender wrote it.
type StatusChangeDraft struct {
	ID          ID
	ProjectID   int64
	Fingerprint []string // unhashed; the first part is looked up
	Status      issue.Status
	Substatus   issue.Substatus
}

// Item applies the rules to a draft. Whether the issue may change like that is for the grouping service to say.
func (d StatusChangeDraft) Item(received time.Time) (Item, error) {
	if len(d.Fingerprint) == 0 {
		return Item{}, fault.InvalidField("fingerprint", "has no part")
	}
	return Item{
		Kind: KindStatusChange, ProjectID: d.ProjectID, ID: d.ID, Received: received,
		StatusChange: &StatusChange{Hash: HashPart(d.Fingerprint[0]), Status: d.Status, Substatus: d.Substatus},
	}, nil
}
