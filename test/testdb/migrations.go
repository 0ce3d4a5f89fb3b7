package testdb

import "io/fs"

// A migration is what a service does to its schema before it starts.
type migration struct {
	Role   string
	Schema string
	FS     fs.FS
}

// migrations are those of every service, in an order in which they can run.
var migrations = []migration{}
