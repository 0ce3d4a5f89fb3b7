package main

import "github.com/picket-io/picket/pkg/telemetry"

// serveConfig is what the environment says.
type serveConfig struct {
	Telemetry telemetry.Config
	// Address of the gRPC server.
	GRPCAddr string `env:"PICKET_GRPC_ADDR" envDefault:":50053"`
	// Database as the role that may read the views of grouping; it may be a replica.
	ReaderDatabaseURL string `env:"PICKET_READER_DATABASE_URL,required"`
	// gRPC target of the traces service.
	TracesTarget string `env:"PICKET_TRACES_TARGET,required"`
}

// migrateConfig is what `picket-search migrate` needs.
type migrateConfig struct {
	DatabaseURL string `env:"PICKET_DATABASE_URL,required"`
}
