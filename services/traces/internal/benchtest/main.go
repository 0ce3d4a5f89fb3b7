// Command benchtest measures the span store: how fast spans become durable and searchable, what they take on disk, how long
// searches take, beside a bare COPY of the same bytes and other floors. With -of it measures the ways to keep a row per span
// too.
// The database server is the one that PICKET_TEST_DATABASE_URL names. The first line says whether its fsync is on: that
// of a run of tests is off, and what is measured there is not durable.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/picket-io/picket/test/bench/floor"
)

var (
	spanCount  = flag.Int("spans", 1_000_000, "spans to store")
	of         = flag.String("of", "copy,blocks", "what to measure: copy, jsonb, tokens, blocks")
	phase      = flag.String("phase", "", "load: store spans and leave the database; search: search what is there; empty: both")
	limit      = flag.Duration("limit", time.Hour, "time to store spans of one kind; what was stored then has to do")
	callTraces = flag.Int("call-traces", 100, "traces of ten spans in each Export")
	merging    = flag.Bool("merge", false, "merge small blocks while spans come in, as the service does")
	rounds     = flag.Int("rounds", 100, "searches of each kind")
	cell       = flag.Duration("cell", 15*time.Second, "time for the searches of each kind, but for the first three")
	writers    = flag.Int("writers", 4, "concurrent senders")
	only       = flag.String("only", "", "searches to make: those whose names begin so")
	profile    = flag.String("profile", "", "file to write a CPU profile of the searches to")
	seed       = flag.Uint64("seed", 1, "seed of the data")
)

func main() {
	floor.ServeEchoes()
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

const (
	loadPhase   = "load"
	searchPhase = "search"
)

func run(ctx context.Context) error {
	if !slices.Contains([]string{"", loadPhase, searchPhase}, *phase) {
		return fmt.Errorf("-phase is %q", *phase)
	}
	house, err := openHouse(ctx)
	if err != nil {
		return err
	}
	defer house.close()
	fmt.Fprintf(os.Stdout, "seed %d, %d writers, %s\n", *seed, *writers, house.version)
	if err := house.floors.Measure(ctx, floorKinds...); err != nil {
		return err
	}
	for name := range strings.SplitSeq(*of, ",") {
		if err := measure(ctx, house, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := house.floors.Measure(ctx, floorKinds...); err != nil {
		return err
	}
	house.floors.Print(os.Stdout)
	return nil
}

var floorKinds = []floor.Kind{floor.Fdatasync, floor.Commit, floor.Copy, floor.KeyedCopy, floor.Lookup, floor.Echo}

func measure(ctx context.Context, h *house, name string) error {
	if name == "blocks" {
		return measureStore(ctx, h)
	}
	c, known := candidates[name]
	if !known {
		return fmt.Errorf("is not something to measure")
	}
	return measureRows(ctx, h, "bench_"+name, c)
}
