// Command bench-ingest measures how fast occurrences come in, on a PostgreSQL that writes durably: in batches, and one
// by one with every answer after its fsync. Beside it, in the same run, it measures what a bare COPY of the same bytes
// costs, and the other floors of package floor. It runs the real programs; what an answer confirms is in the event index, and
// so searchable.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/picket-io/picket/test/bench/floor"
)

func main() {
	floor.ServeEchoes()
	bin := flag.String("bin", "bin", "folder of the programs")
	phase := flag.Duration("phase", 8*time.Second, "length of each of the four measurements")
	batched := flag.Int("batched", 0, "how many occurrences are sent in batches, however long it takes: bytes are compared at the same number")
	flag.Parse()
	if err := run(context.Background(), *bin, *phase, *batched); err != nil {
		fmt.Fprintln(os.Stderr, "bench-ingest:", err)
		os.Exit(1)
	}
}

// reads is how many events are read again.
const reads = 2000

func run(ctx context.Context, bin string, phase time.Duration, n int) (err error) {
	in, err := install(ctx, bin)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, in.remove(context.Background())) }()
	if err := in.printSettings(ctx); err != nil {
		return err
	}
	beside, err := openFloors(ctx, in, phase/4)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, beside.Close(context.Background())) }()
	if err := beside.measure(ctx); err != nil {
		return err
	}
	l := newLoad(in.ingest)
	l.batches(ctx, time.Minute, 5_000, 2) // warms up
	before, err := in.measure(ctx, l)
	if err != nil {
		return err
	}

	length := time.Hour
	if n == 0 {
		length, n = phase, int(phase.Seconds()*perSecond)
	}
	batched := l.batches(ctx, length, n, 4)
	after, err := in.measure(ctx, l)
	if err != nil {
		return err
	}
	events := float64(after.events - before.events)
	fmt.Printf("batched         %8.0f occurrences/s durable and searchable (4 callers, %d a call, %.0f B of JSON each)\n",
		batched.rate(), batchItems, float64(after.bytes-before.bytes)/events)
	fmt.Printf("on disk         %8.0f B an occurrence: payloads %.0f, grouping %.0f (%.2f x what was sent)\n",
		float64(after.disk()-before.disk())/events, float64(after.ingestDisk-before.ingestDisk)/events,
		float64(after.groupingDisk-before.groupingDisk)/events, float64(after.disk()-before.disk())/float64(after.bytes-before.bytes))
	printRelations(before, after)
	printProcessor(before, after)
	read, err := l.reads(ctx, reads)
	if err != nil {
		return err
	}
	fmt.Printf("GetEvent        %8.0f/s, one caller, p50 %s, p95 %s\n", read.rate(), read.quantile(0.5), read.quantile(0.95))
	beforeMany, err := in.measure(ctx, l) // the reads are no part of it
	if err != nil {
		return err
	}
	many := l.unary(ctx, phase, 64, 0)
	fmt.Printf("unary, 64       %8.0f/s, p50 %s, p95 %s\n", many.rate(), many.quantile(0.5), many.quantile(0.95))
	afterMany, err := in.measure(ctx, l)
	if err != nil {
		return err
	}
	printProcessor(beforeMany, afterMany)
	paced := l.unary(ctx, phase, 16, 200)
	fmt.Printf("unary, 200/s    %8.0f/s, p50 %s, p95 %s\n", paced.rate(), paced.quantile(0.5), paced.quantile(0.95))
	if err := in.printMemory(); err != nil {
		return err
	}
	if failed := l.failed.Load(); failed > 0 {
		return fmt.Errorf("%d occurrences failed, the first with: %w", failed, l.firstFailure())
	}
	if err := in.checkCount(ctx, l); err != nil {
		return err
	}
	if err := beside.measure(ctx); err != nil {
		return err
	}
	beside.print(measured{batched: batched, read: read, many: many, paced: paced})
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
