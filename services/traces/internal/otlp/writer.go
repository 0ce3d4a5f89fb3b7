package otlp

import (
	"context"
	"slices"

	"github.com/picket-io/picket/pkg/batch"
	"github.com/picket-io/picket/services/traces/internal/store"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// writeTo writes the spans of many calls with one statement. The result of a call is what was refused of it.
func writeTo(spans *store.Store, counters counters) func(context.Context, [][]traces.Span) []batch.Result[*refusals] {
	return func(ctx context.Context, calls [][]traces.Span) []batch.Result[*refusals] {
		results := make([]batch.Result[*refusals], len(calls))
		all := slices.Concat(calls...)
		inserted, err := spans.Insert(ctx, all)
		if err == nil {
			counters.inserted(ctx, len(all), inserted)
		}
		first := 0
		for i, call := range calls {
			results[i] = batch.Result[*refusals]{Value: &refusals{}, Err: err}
			for j := range call {
				if reason, is := inserted.Refused[first+j]; is {
					results[i].Value.add(reason, 1)
				}
			}
			first += len(call)
		}
		return results
	}
}

// sizeOf estimates what a call's spans take in a statement.
func sizeOf(spans []traces.Span) int {
	const perSpan, perAttribute = 400, 50
	size := 0
	for i := range spans {
		s := &spans[i]
		size += perSpan + len(s.Description) + perAttribute*(len(s.Attributes)+8*len(s.Events)+4*len(s.Links))
		for _, e := range s.Errors {
			size += len(e.Body)
		}
	}
	return size
}
