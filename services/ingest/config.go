package main

import (
	"github.com/picket-io/picket/pkg/config"
	"github.com/picket-io/picket/pkg/telemetry"
)

// serveConfig is what picket-ingest reads from the environment.
type serveConfig struct {
	Telemetry      telemetry.Config
	GRPCAddr       string           `env:"PICKET_GRPC_ADDR" envDefault:":50051"`
	DatabaseURL    string           `env:"PICKET_DATABASE_URL,required,notEmpty"`
	GroupingTarget string           `env:"PICKET_GROUPING_TARGET" envDefault:"dns:///localhost:50052"`
	Retention      config.Retention `env:"PICKET_RETENTION" envDefault:"2160h"`

	// Without brokers there is no Kafka door.
	KafkaBrokers []string `env:"PICKET_KAFKA_BROKERS"`
	KafkaTopic   string   `env:"PICKET_KAFKA_TOPIC" envDefault:"ingest-occurrences"`
	KafkaGroup   string   `env:"PICKET_KAFKA_GROUP" envDefault:"picket-ingest"`
}

// migrateConfig is what `picket-ingest migrate` reads.
type migrateConfig struct {
	DatabaseURL string `env:"PICKET_DATABASE_URL,required,notEmpty"`
}
