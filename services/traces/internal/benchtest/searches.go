package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/picket-io/picket/test/bench/floor"
)

// search is what the searches of the bench ask of a span; what is empty is not asked.
type search struct {
	service, op, key, value string
	longer                  time.Duration
	failed                  bool
	parent                  *search
}

// kind is a kind of search: one or several queries, the metric of a duration, or a series.
type kind struct {
	name     string
	make     func(*rand.Rand) []search
	isMetric bool
	isSeries bool
}

func one(of func(*rand.Rand) search) func(*rand.Rand) []search {
	return func(r *rand.Rand) []search { return []search{of(r)} }
}

var kinds = []kind{
	{name: "service", make: one(func(r *rand.Rand) search { return search{service: service(r)} })},
	{name: "op", make: one(func(r *rand.Rand) search { return search{op: op(r)} })},
	{name: "service and op", make: one(func(r *rand.Rand) search { return search{service: service(r), op: op(r)} })},
	{name: "duration", make: one(func(r *rand.Rand) search { return search{longer: duration(r)} })},
	{name: "service and duration", make: one(func(r *rand.Rand) search { return search{service: service(r), longer: duration(r)} })},
	{name: "status", make: one(func(*rand.Rand) search { return search{failed: true} })},
	{name: "service and status", make: one(func(r *rand.Rand) search { return search{service: service(r), failed: true} })},
	{name: "service and attribute", make: one(func(r *rand.Rand) search {
		s := rare(r)
		s.service = service(r)
		return s
	})},
	{name: "any attribute, rare", make: one(rare)},
	{name: "any attribute, common", make: one(func(r *rand.Rand) search { return search{key: "sentry.op", value: op(r)} })},
	{name: "an attribute that is not there", make: one(func(r *rand.Rand) search {
		s := rare(r)
		s.value = "no such value"
		return s
	})},
	{name: "two queries, one rare", make: func(r *rand.Rand) []search { return []search{rare(r), {service: service(r)}} }},
	{name: "two queries, common", make: func(r *rand.Rand) []search { return []search{{op: op(r)}, {service: service(r)}} }},
	{name: "metric", make: one(func(r *rand.Rand) search { return search{op: op(r), longer: duration(r)} }), isMetric: true},
	{name: "parent", make: one(func(r *rand.Rand) search { return search{op: op(r), parent: &search{service: service(r)}} })},
	{name: "stats by the minute, rare", make: one(rare), isSeries: true},
	{name: "stats by the minute, service", make: one(func(r *rand.Rand) search { return search{service: service(r)} }), isSeries: true},
}

func service(r *rand.Rand) string { return fmt.Sprintf("service-%d", r.IntN(services)) }

func op(r *rand.Rand) string { return fmt.Sprintf("op-%d", r.IntN(ops)) }

func duration(r *rand.Rand) time.Duration { return time.Duration(100+r.IntN(900)) * time.Millisecond }

// rare is a value that some hundred of a million spans have.
func rare(r *rand.Rand) search {
	return search{key: fmt.Sprintf("key-%d", r.IntN(keys)), value: fmt.Sprintf("value-%d", r.IntN(values))}
}

// query writes a search in the query language.
func (s search) query() string {
	var filters []string
	if s.service != "" {
		filters = append(filters, "service.name:"+s.service)
	}
	if s.op != "" {
		filters = append(filters, "span.op:"+s.op)
	}
	if s.longer > 0 {
		filters = append(filters, fmt.Sprintf("span.duration:>%dms", s.longer.Milliseconds()))
	}
	if s.failed {
		filters = append(filters, "!span.status:ok")
	}
	if s.key != "" {
		filters = append(filters, fmt.Sprintf("%s:%q", s.key, s.value))
	}
	if s.parent != nil {
		filters = append(filters, "parent:("+s.parent.query()+")")
	}
	return strings.Join(filters, " ")
}

// searcher is a form of the spans in which they can be searched.
type searcher interface {
	search(context.Context, kind, []search) (found int, err error)
	trace(ctx context.Context, id []byte) (spans int, err error)
}

func measureSearches(ctx context.Context, floors *floor.Meter, over searcher, spans int) error {
	fmt.Fprintf(os.Stdout, "  searches of %d spans\n", spans)
	if *profile != "" {
		file, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	for _, k := range kinds {
		if err := timed(floors, k.name, func(r *rand.Rand) (int, error) { return over.search(ctx, k, k.make(r)) }); err != nil {
			return err
		}
	}
	return timed(floors, "trace by id", func(r *rand.Rand) (int, error) { return over.trace(ctx, traceID(r.IntN(spans/spansPerTrace))) })
}

// timed prints the quantiles of some rounds, how many look-ups by key the median is, and how much they found.
func timed(floors *floor.Meter, name string, once func(*rand.Rand) (int, error)) error {
	const least = 3
	if !strings.HasPrefix(name, *only) {
		return nil
	}
	r := rand.New(rand.NewPCG(*seed, 7))
	var took []time.Duration
	found, start := 0, time.Now()
	for i := range *rounds {
		if i >= least && time.Since(start) > *cell {
			break
		}
		began := time.Now()
		n, err := once(r)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		took = append(took, time.Since(began))
		found += n
	}
	slices.Sort(took)
	at := func(percent int) float64 { return float64(took[(len(took)*percent+99)/100-1].Microseconds()) / 1000 }
	lookups := at(50) * 1000 / float64(floors.Of(floor.Lookup).P50.Microseconds())
	fmt.Fprintf(os.Stdout, "  %-32s p50 %8.2f ms  p95 %8.2f ms  %6.1f look-ups  %6.1f found  %d rounds\n", name, at(50), at(95), lookups,
		float64(found)/float64(len(took)), len(took))
	return nil
}
