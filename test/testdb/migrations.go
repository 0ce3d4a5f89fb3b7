package testdb

import (
	"io/fs"

	provision "github.com/picket-io/picket/deploy/postgres"
	grouping "github.com/picket-io/picket/services/grouping/migrations"
	ingest "github.com/picket-io/picket/services/ingest/migrations"
	search "github.com/picket-io/picket/services/search/migrations"
	traces "github.com/picket-io/picket/services/traces/migrations"
)

// A migration is what a service does to its schema before it starts.
type migration struct {
	Role   string
	Schema string
	FS     fs.FS
}

// migrations are those of every service, in an order in which they can run.
var migrations = []migration{
	{Role: provision.Grouping, Schema: grouping.Schema, FS: grouping.FS},
	{Role: provision.Ingest, Schema: ingest.Schema, FS: ingest.FS},
	{Role: provision.Search, Schema: search.Schema, FS: search.FS},
	{Role: provision.Traces, Schema: traces.Schema, FS: traces.FS},
}
