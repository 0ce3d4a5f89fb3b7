package main

import (
	"time"

	"github.com/picket-io/picket/pkg/config"
	"github.com/picket-io/picket/pkg/telemetry"
)

// serveConfig is what picket-search reads from the environment.
type serveConfig struct {
	Telemetry telemetry.Config
	GRPCAddr  string `env:"PICKET_GRPC_ADDR" envDefault:":50053"`
	// As the service's own role, for saved searches.
	DatabaseURL string `env:"PICKET_DATABASE_URL,required,notEmpty"`
	// As the role that may read the views of grouping; it may be a replica.
	ReaderDatabaseURL string `env:"PICKET_READER_DATABASE_URL,required,notEmpty"`
	GroupingTarget    string `env:"PICKET_GROUPING_TARGET" envDefault:"dns:///localhost:50052"`
	// When a search is ended: the time that a statement may take, and the cost that the database may estimate of one that
	// takes more than a second.
	StatementTimeout time.Duration    `env:"PICKET_SEARCH_TIMEOUT" envDefault:"10s"`
	MaxCost          float64          `env:"PICKET_SEARCH_MAX_COST" envDefault:"2e+07"`
	Retention        config.Retention `env:"PICKET_RETENTION" envDefault:"2160h"`
	TracesTarget     string           `env:"PICKET_TRACES_TARGET" envDefault:"dns:///localhost:50054"`
}

// migrateConfig is what `picket-search migrate` reads.
type migrateConfig struct {
	DatabaseURL string `env:"PICKET_DATABASE_URL,required,notEmpty"`
}
