// Package telemetry sets up what a process shows of itself: logs on standard error, metrics for Prometheus and
// traces over OTLP. Instrumentation is done by hooks and interceptors; logic knows nothing of it.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"
)

// Config says how a process shows itself. Where spans go is said by OpenTelemetry's own variables, such as
// OTEL_EXPORTER_OTLP_ENDPOINT; without an endpoint none are made.
type Config struct {
	LogLevel    slog.Level `env:"PICKET_LOG_LEVEL" envDefault:"info"`
	LogFormat   string     `env:"PICKET_LOG_FORMAT" envDefault:"json"`
	MetricsAddr string     `env:"PICKET_METRICS_ADDR" envDefault:":9464"`
}

// Telemetry is what was set up.
type Telemetry struct {
	Log      *slog.Logger
	registry *prometheus.Registry
	metrics  net.Listener
	stops    []func(context.Context) error
}

// Setup makes the logger and the global OpenTelemetry providers of a service, such as "picket-ingest".
func Setup(ctx context.Context, service string, cfg Config) (*Telemetry, error) {
	log, err := newLogger(service, cfg)
	if err != nil {
		return nil, err
	}
	t := &Telemetry{Log: log, registry: prometheus.NewRegistry()}
	t.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	res, err := resource.Merge(resource.Default(), resource.NewSchemaless(semconv.ServiceName(service)))
	if err != nil {
		return nil, fmt.Errorf("telemetry resource: %w", err)
	}
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("telemetry", "error", err) }))

	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(t.registry))
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	meters := metric.NewMeterProvider(metric.WithReader(exporter), metric.WithResource(res))
	otel.SetMeterProvider(meters)
	t.stops = append(t.stops, meters.Shutdown)

	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "" {
		exporter, err := otlptracegrpc.New(ctx)
		if err != nil {
			return nil, fmt.Errorf("span exporter: %w", err)
		}
		tracers := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(res), trace.WithSampler(sampler()))
		otel.SetTracerProvider(tracers)
		t.stops = append(t.stops, tracers.Shutdown)
	}

	var lc net.ListenConfig
	t.metrics, err = lc.Listen(ctx, "tcp", cfg.MetricsAddr)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return t, nil
}

// MetricsAddr is the address at which metrics are served.
func (t *Telemetry) MetricsAddr() net.Addr { return t.metrics.Addr() }

// Run serves metrics at /metrics until ctx ends, then sends what is left and closes the exporters.
func (t *Telemetry) Run(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(t.metrics) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	failures := []error{server.Shutdown(stopCtx)}
	for _, stop := range t.stops {
		failures = append(failures, stop(stopCtx))
	}
	return errors.Join(failures...)
}
