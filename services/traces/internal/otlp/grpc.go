package otlp

import (
	"context"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc/metadata"
)

// MaxRequestBytes is the largest request that is taken.
const MaxRequestBytes = 32 << 20

// projectMetadata names the project of a call's spans.
const projectMetadata = "picket-project-id"

// GRPC is OTLP over gRPC.
type GRPC struct {
	collectorv1.UnimplementedTraceServiceServer
	door *Door
}

// NewGRPC makes the service of a door.
func NewGRPC(door *Door) *GRPC { return &GRPC{door: door} }

// Export stores spans. Those that it rejects are counted in partial_success, with the reasons; sending them again
// is useless. After any error the same request may be sent again.
func (g *GRPC) Export(ctx context.Context, req *collectorv1.ExportTraceServiceRequest) (*collectorv1.ExportTraceServiceResponse, error) {
	project := ""
	if values := metadata.ValueFromIncomingContext(ctx, projectMetadata); len(values) > 0 {
		project = values[0]
	}
	refused, err := g.door.take(ctx, req, project)
	if err != nil {
		return nil, err
	}
	return response(refused), nil
}

func response(refused *refusals) *collectorv1.ExportTraceServiceResponse {
	if refused.total() == 0 {
		return &collectorv1.ExportTraceServiceResponse{}
	}
	return &collectorv1.ExportTraceServiceResponse{PartialSuccess: &collectorv1.ExportTracePartialSuccess{
		RejectedSpans: int64(refused.total()), ErrorMessage: refused.message(),
	}}
}
