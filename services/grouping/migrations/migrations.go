// Package migrations holds the schema of the grouping service: numbered files, each safe to run while the version
// before it still serves.
package migrations

import "embed"

// FS has the migrations.
//
//go:embed *.sql
var FS embed.FS

// Schema is the schema that they make up, which the role of the service owns.
const Schema = "grouping"
