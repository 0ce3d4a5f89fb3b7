// Command benchtest measures the span store: how fast spans become durable and searchable, what they take on disk, how long
// searches take, beside a bare COPY of the same bytes. With -candidates it measures the ways to keep a row per span too.
// The database server is the one that PICKET_TEST_DATABASE_URL names. The first line says whether its fsync is on: that
// of a run of tests is off, and what is measured there is not durable.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
)

var (
	spanCount  = flag.Int("spans", 1_000_000, "spans to store")
	candidates = flag.Bool("candidates", false, "measure rows too")
	callTraces = flag.Int("call-traces", 100, "traces of ten spans in each Export")
	rounds     = flag.Int("rounds", 100, "searches of each kind")
	writers    = flag.Int("writers", 4, "concurrent senders")
	seed       = flag.Uint64("seed", 1, "seed of the data")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	house, err := openHouse(ctx)
	if err != nil {
		return err
	}
	defer house.close()
	fmt.Fprintf(os.Stdout, "%d spans, seed %d, %d writers, %s\n", *spanCount, *seed, *writers, house.version)
	floors := []candidate{copied}
	if *candidates {
		floors = append(floors, jsonRows, tokenRows)
	}
	for i, c := range floors {
		if err := measureRows(ctx, house.pool, fmt.Sprintf("candidate_%d", i), c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return measureStore(ctx, house)
}

// load sends all spans and gives the time it took, without the time to make them.
func load(ctx context.Context, send func(context.Context, *collectorv1.ExportTraceServiceRequest) error) (time.Duration, error) {
	const burst = 50 // calls made ahead of being sent
	calls := *spanCount / (*callTraces * spansPerTrace)
	start := time.Now().Add(-time.Hour)
	g := newGenerator(*seed, start, time.Hour/time.Duration(calls**callTraces))
	took, used := time.Duration(0), time.Duration(0)
	for made := 0; made < calls; made += burst {
		requests := make(chan *collectorv1.ExportTraceServiceRequest, burst)
		for range min(burst, calls-made) {
			requests <- g.call()
		}
		close(requests)
		began, before := time.Now(), cpu()
		var senders sync.WaitGroup
		errs := make(chan error, *writers)
		for range *writers {
			senders.Go(func() {
				for req := range requests {
					if err := send(ctx, req); err != nil {
						errs <- err
						return
					}
				}
			})
		}
		senders.Wait()
		took, used = took+time.Since(began), used+cpu()-before
		select {
		case err := <-errs:
			return took, err
		default:
		}
	}
	fmt.Fprintf(os.Stdout, "%.1f µs of this process's CPU per span\n", used.Seconds()*1e6/float64(*spanCount))
	return took, nil
}

func measureRows(ctx context.Context, pool *pgxpool.Pool, table string, c candidate) error {
	if _, err := pool.Exec(ctx, fmt.Sprintf(c.schema, table)); err != nil {
		return err
	}
	took, err := load(ctx, func(ctx context.Context, req *collectorv1.ExportTraceServiceRequest) error {
		return c.write(ctx, pool, table, req)
	})
	if err != nil {
		return err
	}
	if err := report(ctx, pool, c.name, table, took); err != nil || c.where == nil {
		return err
	}
	for _, kind := range kinds {
		err := timed(kind.name, func(r *rand.Rand) (int, error) { return c.search(ctx, pool, table, kind.make(r)) })
		if err != nil {
			return err
		}
	}
	return timed("trace by id", func(r *rand.Rand) (int, error) {
		return c.trace(ctx, pool, table, traceID(r.IntN(*spanCount/spansPerTrace)))
	})
}

// cpu is what this process has used: unlike the clock it is the same on a busy machine.
func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func report(ctx context.Context, pool *pgxpool.Pool, name, table string, took time.Duration) error {
	const size = `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint, coalesce(sum(pg_indexes_size(c.oid)), 0)::bigint
		FROM pg_class c WHERE c.oid = $1::regclass OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = $1::regclass)`
	var total, indexes int64
	if err := pool.QueryRow(ctx, size, table).Scan(&total, &indexes); err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%s: %.0f spans/s, %.1f bytes/span, of which indexes %.1f\n", name, float64(*spanCount)/took.Seconds(),
		float64(total)/float64(*spanCount), float64(indexes)/float64(*spanCount))
	if _, err := pool.Exec(ctx, "ANALYZE "+table); err != nil {
		return err
	}
	return nil
}

var kinds = []struct {
	name string
	make func(*rand.Rand) search
}{
	{"service", func(r *rand.Rand) search { return search{service: service(r)} }},
	{"service and op", func(r *rand.Rand) search { return search{service: service(r), op: fmt.Sprintf("op-%d", r.IntN(ops))} }},
	{"service and duration", func(r *rand.Rand) search {
		return search{service: service(r), longer: time.Duration(100+r.IntN(900)) * time.Millisecond}
	}},
	{"service and attribute", func(r *rand.Rand) search {
		s := anyAttribute(r)
		s.service = service(r)
		return s
	}},
	{"any attribute", anyAttribute},
	{"an attribute that is not there", func(r *rand.Rand) search {
		s := anyAttribute(r)
		s.value = "no such value"
		return s
	}},
}

func service(r *rand.Rand) string { return fmt.Sprintf("service-%d", r.IntN(services)) }

func anyAttribute(r *rand.Rand) search {
	return search{key: fmt.Sprintf("key-%d", r.IntN(keys)), value: fmt.Sprintf("value-%d", r.IntN(values))}
}

// timed prints the quantiles of some rounds, and how much they found.
func timed(name string, once func(*rand.Rand) (int, error)) error {
	r := rand.New(rand.NewPCG(*seed, 7))
	var took []time.Duration
	found := 0
	for range *rounds {
		began := time.Now()
		n, err := once(r)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		took = append(took, time.Since(began))
		found += n
	}
	slices.Sort(took)
	at := func(percent int) float64 { return float64(took[(len(took)-1)*percent/100].Microseconds()) / 1000 }
	fmt.Fprintf(os.Stdout, "  %-32s p50 %8.2f ms  p95 %8.2f ms  %6.1f found\n", name, at(50), at(95), float64(found)/float64(*rounds))
	return nil
}
