// Sends a trace with the OpenTelemetry SDK for JavaScript to OTLP_URL, and prints its id.
import { SpanKind, SpanStatusCode, context, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

const exporter = new OTLPTraceExporter({ url: process.env.OTLP_URL, headers: { "picket-project-id": "1" }, compression: "gzip" });
const provider = new BasicTracerProvider({
  resource: defaultResource().merge(resourceFromAttributes({ "service.name": "storefront" })),
  spanProcessors: [new BatchSpanProcessor(exporter)],
});
const tracer = provider.getTracer("shop", "1.2.3");

const root = tracer.startSpan("GET /cart", { kind: SpanKind.SERVER, attributes: { "http.request.method": "GET", "http.route": "/cart", "cart.items": 3 } });
const below = trace.setSpan(context.active(), root);
for (const table of ["items", "prices"]) {
  const query = tracer.startSpan("SELECT " + table, { kind: SpanKind.CLIENT, attributes: { "db.system.name": "postgresql", tables: [table] } }, below);
  if (table === "prices") {
    query.recordException(new TypeError("no price"));
    query.setStatus({ code: SpanStatusCode.ERROR, message: "no price" });
  }
  query.end();
}
root.end();
await provider.shutdown();
console.log(root.spanContext().traceId);
