package main

import (
	"time"

	"github.com/picket-io/picket/pkg/telemetry"
)

// config is what picket-ingest reads from the environment.
type config struct {
	telemetry.Config

	DatabaseURL    string        `env:"PICKET_DATABASE_URL,required,notEmpty"`
	GRPCAddr       string        `env:"PICKET_GRPC_ADDR" envDefault:":50051"`
	GroupingTarget string        `env:"PICKET_GROUPING_TARGET" envDefault:"dns:///localhost:50052"`
	Retention      time.Duration `env:"PICKET_RETENTION" envDefault:"2160h"`

	// Without brokers there is no Kafka door, without a topic for them dead letters are only in their table.
	KafkaConfig
	KafkaGroup              string  `env:"PICKET_KAFKA_GROUP" envDefault:"picket-ingest"`
	KafkaDeadLetterTopic    string  `env:"PICKET_KAFKA_DEAD_LETTER_TOPIC" envDefault:"ingest-occurrences-dlq"`
	KafkaMaxInvalidShare    float64 `env:"PICKET_KAFKA_MAX_INVALID_SHARE" envDefault:"0.5"`
	KafkaPruneStatusChanges bool    `env:"PICKET_KAFKA_PRUNE_STATUS_CHANGES"`
}

// KafkaConfig is where occurrences come from, or go to.
type KafkaConfig struct {
	KafkaBrokers []string `env:"PICKET_KAFKA_BROKERS"`
	KafkaTopic   string   `env:"PICKET_KAFKA_TOPIC" envDefault:"ingest-occurrences"`
}
