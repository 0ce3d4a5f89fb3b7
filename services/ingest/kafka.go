package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/pkg/program"
	"github.com/picket-io/picket/services/ingest/internal/consumer"
	"github.com/picket-io/picket/services/ingest/internal/pipeline"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

// kafkaHealth is the name under which grpc.health.v1 tells whether records are consumed.
const kafkaHealth = "kafka"

// kafkaParts are the Kafka door and, if they have a topic, the forwarding of its dead letters.
func kafkaParts(cfg serveConfig, items *pipeline.Pipeline, payloads *store.Store, grpc *grpcserver.Server, log *slog.Logger) ([]program.Part, error) {
	door, err := consumer.New(consumer.Config{
		Brokers: cfg.KafkaBrokers, Topic: cfg.KafkaTopic, Group: cfg.KafkaGroup,
		MaxInvalidShare: float64(cfg.KafkaMaxInvalidShare), PruneStatusChanges: cfg.KafkaPruneStatusChanges,
	}, items, payloads, time.Now, log)
	if err != nil {
		return nil, err
	}
	grpc.SetHealth(kafkaHealth, true)
	parts := []program.Part{{Name: "kafka", Run: func(ctx context.Context) error {
		return door.Run(ctx, func() { grpc.SetHealth(kafkaHealth, false) })
	}}}
	if cfg.KafkaDeadLetterTopic != "" {
		forwarder := consumer.NewForwarder(cfg.KafkaBrokers, cfg.KafkaDeadLetterTopic, payloads, time.Now, log)
		parts = append(parts, program.Part{Name: "dead-letter topic", Run: forwarder.Run})
	}
	return parts, nil
}
