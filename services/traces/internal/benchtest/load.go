package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
)

// loaded is how many spans were stored, and in which time, without the time to make them.
type loaded struct {
	spans int
	took  time.Duration
}

// load sends all spans, or those that there is time for.
func load(ctx context.Context, send func(context.Context, *collectorv1.ExportTraceServiceRequest) error) (loaded, error) {
	const burst = 50 // calls made ahead of being sent
	calls := *spanCount / (*callTraces * spansPerTrace)
	start := time.Now().Add(-time.Hour)
	g := newGenerator(*seed, start, time.Hour/time.Duration(calls**callTraces))
	used, done := time.Duration(0), loaded{}
	for made := 0; made < calls && time.Since(start.Add(time.Hour)) < *limit; made += burst {
		requests := make(chan *collectorv1.ExportTraceServiceRequest, burst)
		for range min(burst, calls-made) {
			requests <- g.call()
		}
		done.spans += len(requests) * *callTraces * spansPerTrace
		close(requests)
		began, before := time.Now(), cpu()
		if err := sendAll(ctx, requests, send); err != nil {
			return done, err
		}
		done.took, used = done.took+time.Since(began), used+cpu()-before
	}
	fmt.Fprintf(os.Stdout, "%.1f µs of this process's CPU per span\n", used.Seconds()*1e6/float64(done.spans))
	return done, nil
}

func sendAll(ctx context.Context, requests <-chan *collectorv1.ExportTraceServiceRequest, send func(context.Context, *collectorv1.ExportTraceServiceRequest) error) error {
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
	close(errs)
	return <-errs
}

// cpu is what this process has used: unlike the clock it is the same on a busy machine.
func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// settle leaves a table as it is some time after its rows came: its statistics are there, and nothing waits for an index.
func settle(ctx context.Context, pool *pgxpool.Pool, table string, done loaded) error {
	if _, err := pool.Exec(ctx, "VACUUM ANALYZE "+table); err != nil {
		return err
	}
	_, err := pool.Exec(ctx, "INSERT INTO bench_loads VALUES ($1, $2) ON CONFLICT (table_name) DO UPDATE SET spans = excluded.spans", table, done.spans)
	return err
}

// stored gives how many spans are in a table, where this run or one before put them.
func stored(ctx context.Context, pool *pgxpool.Pool, table, name string, put func(context.Context) (loaded, error)) (spans int, err error) {
	if *phase == searchPhase {
		err = pool.QueryRow(ctx, "SELECT spans FROM bench_loads WHERE table_name = $1", table).Scan(&spans)
		return spans, err
	}
	done, err := put(ctx)
	if err != nil {
		return 0, err
	}
	return done.spans, report(ctx, pool, name, table, done)
}

func report(ctx context.Context, pool *pgxpool.Pool, name, table string, done loaded) error {
	const size = `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint, coalesce(sum(pg_indexes_size(c.oid)), 0)::bigint
		FROM pg_class c WHERE c.oid = $1::regclass OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = $1::regclass)`
	var total, indexes int64
	if err := pool.QueryRow(ctx, size, table).Scan(&total, &indexes); err != nil {
		return err
	}
	spans := float64(done.spans)
	fmt.Fprintf(os.Stdout, "%s: %d spans, %.0f spans/s, %.1f bytes/span, of which indexes %.1f\n", name, done.spans, spans/done.took.Seconds(),
		float64(total)/spans, float64(indexes)/spans)
	return nil
}
