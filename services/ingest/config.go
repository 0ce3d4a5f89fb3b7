package main

import (
	"fmt"
	"strconv"

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

	// Without brokers there is no Kafka door, without a topic for them dead letters are only in their table.
	KafkaConfig
	KafkaGroup              string `env:"PICKET_KAFKA_GROUP" envDefault:"picket-ingest"`
	KafkaDeadLetterTopic    string `env:"PICKET_KAFKA_DEAD_LETTER_TOPIC" envDefault:"ingest-occurrences-dlq"`
	KafkaMaxInvalidShare    share  `env:"PICKET_KAFKA_MAX_INVALID_SHARE" envDefault:"0.5"`
	KafkaPruneStatusChanges bool   `env:"PICKET_KAFKA_PRUNE_STATUS_CHANGES"`
}

// share is a part of a whole.
type share float64

func (s *share) UnmarshalText(text []byte) error {
	f, err := strconv.ParseFloat(string(text), 64)
	if err == nil && !(f >= 0 && f <= 1) { // NaN is neither
		err = fmt.Errorf("%s is not between 0 and 1", text)
	}
	*s = share(f)
	return err
}

// KafkaConfig is where occurrences come from, or go to.
type KafkaConfig struct {
	KafkaBrokers []string `env:"PICKET_KAFKA_BROKERS"`
	KafkaTopic   string   `env:"PICKET_KAFKA_TOPIC" envDefault:"ingest-occurrences"`
}

// migrateConfig is what `picket-ingest migrate` reads.
type migrateConfig struct {
	DatabaseURL string `env:"PICKET_DATABASE_URL,required,notEmpty"`
}
