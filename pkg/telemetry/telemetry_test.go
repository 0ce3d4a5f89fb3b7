package telemetry_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"

	"github.com/picket-io/picket/pkg/telemetry"
)

// The tests do not run in parallel: what Setup sets up is the process's.

func spanContext() context.Context {
	return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0xab, 15: 1}, SpanID: trace.SpanID{0xcd, 7: 2},
	}))
}

// setup sets a service up whose standard error is a file, and gives the file.
func setup(t *testing.T, cfg telemetry.Config) (tel *telemetry.Telemetry, logFile string, err error) {
	t.Helper()
	logFile = filepath.Join(t.TempDir(), "log")
	file, err := os.Create(logFile)
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = file
	t.Cleanup(func() {
		os.Stderr = stderr
		file.Close()
	})
	cfg.MetricsAddr = "127.0.0.1:0"
	tel, err = telemetry.Setup(t.Context(), "picket-test", cfg)
	return tel, logFile, err
}

func TestALineHasTheIDsOfItsSpan(t *testing.T) {
	tel, logFile, err := setup(t, telemetry.Config{LogFormat: "json", LogLevel: slog.LevelWarn})
	if err != nil {
		t.Fatal(err)
	}
	for _, log := range []*slog.Logger{tel.Log, tel.Log.With("part", "kafka")} {
		log.InfoContext(spanContext(), "too quiet for the level")
		log.WarnContext(spanContext(), "in a span")
		log.Warn("outside")
	}
	file, err := os.Open(logFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := json.NewDecoder(file)
	for range 2 {
		for _, want := range []map[string]any{
			{"msg": "in a span", "trace_id": "ab000000000000000000000000000001", "span_id": "cd00000000000002"},
			{"msg": "outside", "trace_id": nil, "span_id": nil},
		} {
			var line map[string]any
			if err := lines.Decode(&line); err != nil {
				t.Fatal(err)
			}
			for key, value := range want {
				if line[key] != value || line["service"] != "picket-test" {
					t.Errorf("%s is %v, want %v: %v", key, line[key], value, line)
				}
			}
		}
	}
	if lines.More() {
		t.Error("there are more lines")
	}
}

func TestLinesCanBeText(t *testing.T) {
	tel, logFile, err := setup(t, telemetry.Config{LogFormat: "text"})
	if err != nil {
		t.Fatal(err)
	}
	tel.Log.InfoContext(spanContext(), "hello")
	text, err := os.ReadFile(logFile)
	if want := `msg=hello service=picket-test trace_id=ab`; err != nil || !strings.Contains(string(text), want) {
		t.Errorf("%q does not hold %q, %v", text, want, err)
	}
}

func TestAFormatThatDoesNotExistIsRefused(t *testing.T) {
	_, _, err := setup(t, telemetry.Config{LogFormat: "xml"})
	if want := `configuration: PICKET_LOG_FORMAT: "xml" is neither json nor text`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAnAddressThatIsTakenIsRefused(t *testing.T) {
	tel, _, err := setup(t, telemetry.Config{LogFormat: "json"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = telemetry.Setup(t.Context(), "picket-test", telemetry.Config{LogFormat: "json", MetricsAddr: tel.MetricsAddr().String()})
	if err == nil {
		t.Error("two listen at one address")
	}
	runtime.KeepAlive(tel) // a listener that nobody refers to is closed
}

func TestMetricsAreServedUntilTheStop(t *testing.T) {
	tel, _, err := setup(t, telemetry.Config{LogFormat: "json"})
	if err != nil {
		t.Fatal(err)
	}
	counter, err := otel.Meter("test").Int64Counter("picket.test.things")
	if err != nil {
		t.Fatal(err)
	}
	counter.Add(t.Context(), 3)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- tel.Run(ctx) }()

	url := "http://" + tel.MetricsAddr().String() + "/metrics"
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), "picket_test_things_total{") || !strings.Contains(string(body), "\ngo_goroutines ") {
		t.Errorf("got %s, %v:\n%s", response.Status, err, body)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if response, err := http.Get(url); err == nil {
		response.Body.Close()
		t.Error("it still answers")
	}
}
