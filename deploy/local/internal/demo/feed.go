package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

const batchSize = 25

// Fed counts what became of the sample.
type Fed struct {
	Outcomes map[issuesv1.Outcome]int
	Repeated int
	Spans    int
}

// String says it in words, such as "54 accepted, 2 dropped noise; 11 spans".
func (f Fed) String() string {
	var parts []string
	for _, outcome := range slices.Sorted(maps.Keys(f.Outcomes)) {
		name := strings.TrimPrefix(outcome.String(), "OUTCOME_")
		parts = append(parts, fmt.Sprintf("%d %s", f.Outcomes[outcome], strings.ToLower(strings.ReplaceAll(name, "_", " "))))
	}
	text := strings.Join(parts, ", ") + fmt.Sprintf("; %d spans", f.Spans)
	if f.Repeated > 0 {
		text += fmt.Sprintf("; %d of them had been sent before and count once", f.Repeated)
	}
	return text
}

// Feed sends the sample: occurrences in batches, status changes between them at their time, and spans as the services
// of the traces would.
func (d *Demo) Feed(ctx context.Context) (Fed, error) {
	fed := Fed{Outcomes: map[issuesv1.Outcome]int{}}
	messages, err := stream(d.anchor, ProjectID)
	if err != nil {
		return fed, err
	}
	for len(messages) > 0 {
		n := batchLength(messages)
		if n == 0 {
			err = d.changeStatus(ctx, messages[0].change, &fed)
			n = 1
		} else {
			err = d.sendOccurrences(ctx, messages[:n], &fed)
		}
		if err != nil {
			return fed, err
		}
		messages = messages[n:]
	}
	return fed, d.export(ctx, &fed)
}

// batchLength is the number of occurrences before the next change of status.
func batchLength(messages []message) int {
	n := 0
	for n < len(messages) && n < batchSize && messages[n].occurrence != nil {
		n++
	}
	return n
}

func (d *Demo) sendOccurrences(ctx context.Context, messages []message, fed *Fed) error {
	request := &ingestv1.IngestOccurrencesRequest{}
	for _, m := range messages {
		request.Occurrences = append(request.Occurrences, m.occurrence)
	}
	resp, err := d.ingest.IngestOccurrences(ctx, request)
	if err != nil {
		return fmt.Errorf("send occurrences: %w", err)
	}
	for i, result := range resp.GetResults() {
		if refused := result.GetError(); refused != nil {
			return fmt.Errorf("send %q: %w", request.GetOccurrences()[i].GetOccurrence().GetIssueTitle(), status.FromProto(refused).Err())
		}
		fed.count(result.GetResponse().GetOutcome(), result.GetResponse().GetRepeated())
	}
	return nil
}

func (d *Demo) changeStatus(ctx context.Context, request *ingestv1.IngestStatusChangeRequest, fed *Fed) error {
	resp, err := d.ingest.IngestStatusChange(ctx, request)
	if err != nil {
		return fmt.Errorf("change the status of %s: %w", request.GetFingerprint()[0], err)
	}
	fed.count(resp.GetOutcome(), resp.GetRepeated())
	return nil
}

func (d *Demo) export(ctx context.Context, fed *Fed) error {
	requests, err := exports(d.anchor)
	if err != nil {
		return err
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "picket-project-id", strconv.Itoa(ProjectID))
	for _, request := range requests {
		resp, err := d.otlp.Export(ctx, request)
		if err != nil {
			return fmt.Errorf("export spans: %w", err)
		}
		if message := resp.GetPartialSuccess().GetErrorMessage(); message != "" {
			return fmt.Errorf("export spans: %s", message)
		}
		fed.Spans += len(request.GetResourceSpans()[0].GetScopeSpans()[0].GetSpans())
	}
	return nil
}

func (f *Fed) count(outcome issuesv1.Outcome, repeated bool) {
	f.Outcomes[outcome]++
	if repeated {
		f.Repeated++
	}
}
