package server_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

// Clients that `make test-otlp` brings.
var (
	telemetrygen = flag.String("otlp.telemetrygen", "", "the collector's telemetrygen")
	otlpJS       = flag.String("otlp.js", "", "a program of Node that sends a trace to OTLP_URL and prints its id")
)

// recent is the first organization's last minutes.
func recent() *tracesv1.SpanScope {
	return &tracesv1.SpanScope{OrganizationId: 1, StartTime: timestamppb.New(time.Now().Add(-time.Hour))}
}

func run(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, complaints.String())
	}
	return strings.TrimSpace(string(out))
}

func TestTracesOfTheJavaScriptSDKArriveWhole(t *testing.T) {
	t.Parallel()
	if *otlpJS == "" {
		t.Skip("make test-otlp runs it")
	}
	h := newHouseAt(t, time.Now)
	id := run(t, []string{"OTLP_URL=" + h.otlpURL}, "node", *otlpJS)
	got, err := h.GetTrace(t.Context(), &tracesv1.GetTraceRequest{OrganizationId: 1, TraceId: id})
	if err != nil || len(got.GetRoots()) != 1 {
		t.Fatalf("trace %s: %v, %v", id, got, err)
	}
	if diff := cmp.Diff("[GET /cart[SELECT items[] SELECT prices[]]]", outline(got.GetRoots())); diff != "" {
		t.Error(diff)
	}
	root := got.GetRoots()[0].GetSpan()
	if root.GetOp() != "http.server" || root.GetService() != "storefront" || root.GetSdkName() != "opentelemetry.nodejs" || root.GetAttributes().AsMap()["cart.items"] != 3.0 {
		t.Errorf("the root is %v", root)
	}
	failed := got.GetRoots()[0].GetChildren()[1].GetSpan()
	if failed.GetStatus() != "unknown" || len(failed.GetEvents()) != 1 || failed.GetEvents()[0].GetAttributes().AsMap()["exception.type"] != "TypeError" {
		t.Errorf("the failed span is %v", failed)
	}
	body := ""
	if err := h.pool.QueryRow(t.Context(), "SELECT convert_from(body, 'UTF8') FROM traces.error_events").Scan(&body); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(body, `"type":"TypeError"`) || !strings.Contains(body, `send.mjs","abs_path"`) && !strings.Contains(body, `send.mjs"`) {
		t.Errorf("the exception is to be sent as %s", body)
	}
}

func TestTracesOfTelemetrygenArriveWhole(t *testing.T) {
	t.Parallel()
	if *telemetrygen == "" {
		t.Skip("make test-otlp runs it")
	}
	h := newHouseAt(t, time.Now)
	const sent, children = 20, 4
	for _, args := range [][]string{
		{"--otlp-endpoint", h.otlpAddr, "--service", "over-grpc"},
		{"--otlp-endpoint", strings.TrimSuffix(strings.TrimPrefix(h.otlpURL, "http://"), "/v1/traces"), "--otlp-http", "--service", "over-http"},
	} {
		args = append([]string{
			"traces", "--otlp-insecure", "--traces", "20", "--child-spans", "4", "--rate", "200", "--otlp-header", `picket-project-id="1"`,
		}, args...)
		run(t, nil, *telemetrygen, args...)
		service := args[len(args)-1]
		found, err := h.MatchTraces(t.Context(), &tracesv1.MatchTracesRequest{Scope: recent(), Queries: []string{"service.name:" + service}})
		if err != nil || len(found.GetMatches()) != sent {
			t.Fatalf("%s: %d traces, %v, want %d", service, len(found.GetMatches()), err, sent)
		}
		for _, m := range found.GetMatches() {
			got, err := h.GetTrace(t.Context(), &tracesv1.GetTraceRequest{OrganizationId: 1, TraceId: m.GetTraceId()})
			if err != nil || len(got.GetRoots()) != 1 || len(got.GetRoots()[0].GetChildren()) != children || got.GetSpanCount() != children+1 {
				t.Errorf("%s: %s, %v", service, outline(got.GetRoots()), err)
			}
		}
	}
}
