package main

import (
	"time"

	"github.com/picket-io/picket/pkg/telemetry"
)

// Config is everything that can be said to the grouping service, by environment variables.
type Config struct {
	Telemetry   telemetry.Config
	GRPCAddr    string        `env:"PICKET_GRPC_ADDR" envDefault:":50052"`
	DatabaseURL string        `env:"PICKET_DATABASE_URL,required,notEmpty"`
	RedisURL    string        `env:"PICKET_REDIS_URL,required,notEmpty"`
	Retention   time.Duration `env:"PICKET_RETENTION" envDefault:"2160h"`
}

// MigrateConfig is what `picket-grouping migrate` reads.
type MigrateConfig struct {
	DatabaseURL string `env:"PICKET_DATABASE_URL,required,notEmpty"`
}
