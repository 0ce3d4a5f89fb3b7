package main

import (
	"github.com/picket-io/picket/pkg/config"
	"github.com/picket-io/picket/pkg/telemetry"
)

// serveConfig is what picket-grouping reads from the environment.
type serveConfig struct {
	Telemetry   telemetry.Config
	GRPCAddr    string           `env:"PICKET_GRPC_ADDR" envDefault:":50052"`
	DatabaseURL string           `env:"PICKET_DATABASE_URL,required,notEmpty"`
	RedisURL    string           `env:"PICKET_REDIS_URL,required,notEmpty"`
	Retention   config.Retention `env:"PICKET_RETENTION" envDefault:"2160h"`
}

// migrateConfig is what `picket-grouping migrate` reads.
type migrateConfig struct {
	DatabaseURL string `env:"PICKET_DATABASE_URL,required,notEmpty"`
}
