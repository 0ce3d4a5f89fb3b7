package main

import (
	"time"

	"github.com/picket-io/picket/pkg/config"
	"github.com/picket-io/picket/pkg/telemetry"
)

// serveConfig is what picket-traces reads from the environment.
type serveConfig struct {
	Telemetry        telemetry.Config
	GRPCAddr         string           `env:"PICKET_GRPC_ADDR" envDefault:":50054"`
	OTLPGRPCAddr     string           `env:"PICKET_OTLP_GRPC_ADDR" envDefault:":4317"`
	OTLPHTTPAddr     string           `env:"PICKET_OTLP_HTTP_ADDR" envDefault:":4318"`
	DatabaseURL      string           `env:"PICKET_DATABASE_URL,required,notEmpty"`
	GroupingTarget   string           `env:"PICKET_GROUPING_TARGET" envDefault:"dns:///localhost:50052"`
	IngestTarget     string           `env:"PICKET_INGEST_TARGET" envDefault:"dns:///localhost:50051"`
	DefaultProjectID int64            `env:"PICKET_DEFAULT_PROJECT_ID"` // of spans that name none; 0: they are rejected
	Retention        config.Retention `env:"PICKET_RETENTION" envDefault:"2160h"`
	SearchTime       time.Duration    `env:"PICKET_SEARCH_TIMEOUT" envDefault:"30s"`
}

// migrateConfig is what `picket-traces migrate` reads.
type migrateConfig struct {
	DatabaseURL string `env:"PICKET_DATABASE_URL,required,notEmpty"`
}
