// Package otlp is the door through which spans come in: OTLP over gRPC and HTTP. It tells whose spans they are, has them
// interpreted, and answers when they are durable.
package otlp

import (
	"context"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"

	"github.com/picket-io/picket/pkg/batch"
	"github.com/picket-io/picket/pkg/directory"
	"github.com/picket-io/picket/services/traces/internal/exceptions"
	"github.com/picket-io/picket/services/traces/internal/store"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// Door takes spans in. Run it as long as it is used.
type Door struct {
	directory *directory.Directory
	writer    *batch.Coalescer[[]traces.Span, *refusals]
	counters  counters
	settings  Settings
	now       func() time.Time
}

// Settings of a door.
type Settings struct {
	DefaultProjectID int64 // project of spans that name none; 0: they are rejected
	Retention        time.Duration
	OnErrors         func() // is called when error events wait to be sent
}

// limits bound what waits and what is written at once. A statement of a few thousand rows costs little more than
// the fsync of its commit.
var limits = batch.Limits{Workers: 4, Items: 64, Bytes: 8 << 20, Queue: 256, QueueBytes: 64 << 20, Patience: 5 * time.Millisecond, Timeout: 30 * time.Second}

// NewDoor makes a door to a store.
func NewDoor(spans *store.Store, projects *directory.Directory, settings Settings, now func() time.Time) (*Door, error) {
	counters, err := newCounters()
	if err != nil {
		return nil, err
	}
	d := &Door{directory: projects, counters: counters, settings: settings, now: now}
	d.writer = batch.New(limits, sizeOf, writeTo(spans, counters))
	return d, nil
}

// Run writes spans until ctx ends and none wait. Stop the servers first.
func (d *Door) Run(ctx context.Context) error { return d.writer.Run(ctx) }

// take stores the spans of a request, whose metadata named a project or not, and tells what it refused. After an
// error the sender may send the same request again: what is stored already is not stored twice.
func (d *Door) take(ctx context.Context, req *collectorv1.ExportTraceServiceRequest, projectOfCall string) (*refusals, error) {
	received, refused, err := d.interpret(ctx, req, projectOfCall)
	if err != nil {
		return nil, err
	}
	if len(received) > 0 {
		traces.ResolveSegments(received)
		hasErrors, err := d.addErrors(ctx, received)
		if err != nil {
			return nil, err
		}
		unstorable, err := d.writer.Do(ctx, received)
		if err != nil {
			return nil, err
		}
		if hasErrors {
			d.settings.OnErrors()
		}
		refused.addAll(unstorable)
	}
	d.counters.refused(ctx, refused)
	return refused, nil
}

// addErrors makes error events of exceptions, in projects that want it.
func (d *Door) addErrors(ctx context.Context, spans []traces.Span) (some bool, err error) {
	for i := range spans {
		if len(spans[i].Events) == 0 {
			continue
		}
		project, err := d.directory.Project(ctx, spans[i].ProjectID)
		if err != nil {
			return false, err
		}
		if project.ExceptionsFromSpans {
			spans[i].Errors = exceptions.Of(&spans[i])
			some = some || len(spans[i].Errors) > 0
		}
	}
	return some, nil
}

// interpret gives the spans that can be stored.
func (d *Door) interpret(ctx context.Context, req *collectorv1.ExportTraceServiceRequest, projectOfCall string) ([]traces.Span, *refusals, error) {
	accepted := traces.AcceptedAt(d.now(), d.settings.Retention)
	refused := &refusals{}
	var spans []traces.Span
	for _, group := range req.GetResourceSpans() {
		resource := attributes(group.GetResource().GetAttributes())
		project, reason, err := d.projectOf(ctx, resource, projectOfCall)
		if err != nil {
			return nil, nil, err
		}
		if reason != traces.Accepted {
			refused.add(reason, countSpans(group))
			continue
		}
		for r := range receivedSpans(group, resource) {
			span, reason := traces.Interpret(&r, accepted)
			if reason != traces.Accepted {
				refused.add(reason, 1)
				continue
			}
			span.ProjectID, span.OrganizationID = project.ID, project.OrganizationID
			spans = append(spans, span)
		}
	}
	return spans, refused, nil
}
