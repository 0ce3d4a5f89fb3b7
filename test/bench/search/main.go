// Command search measures issue search: it fills a database in grouping's place, starts picket-search over it, and
// prints how long searches of a dozen shapes take, page 1 and page 1,000, with and without a count, from 1 caller and
// from 16, beside a call that does nothing and a row that is looked up by its key.
//
// PICKET_TEST_DATABASE_URL names the server. picket-search is taken from bin.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/picket-io/picket/test/bench/floor"
)

type options struct {
	issues, events int
	database       string
	reuse          bool
	cell           time.Duration // spent on one number of callers of one shape
	only           string
	callers        []int
	explain        bool
	grow           bool // measure a tenth first
	briefly        bool // page 1 alone
	floors         *floor.Meter
}

func main() {
	floor.ServeEchoes()
	o := options{callers: []int{1, 16}}
	flag.IntVar(&o.issues, "issues", 100_000, "issues to make")
	flag.IntVar(&o.events, "events", 1_000_000, "events to make, at least one for each issue")
	flag.StringVar(&o.database, "database", "picket_bench_search", "database, which is dropped first")
	flag.BoolVar(&o.reuse, "reuse", false, "search what is in the database already")
	flag.DurationVar(&o.cell, "cell", time.Second, "time to measure one figure for")
	flag.StringVar(&o.only, "only", "", "regular expression of the shapes to measure")
	flag.BoolVar(&o.explain, "explain", false, "print plans and the times of statements instead of measuring")
	flag.BoolVar(&o.grow, "grow", true, "measure a tenth of the issues and events first, and print how the figures grow")
	sixteen := flag.Bool("16", true, "also measure with 16 callers")
	flag.Parse()
	if !*sixteen {
		o.callers = o.callers[:1]
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench-search:", err)
		os.Exit(1)
	}
}

// pageBytes is what a page of 100 issues of the benchmark takes.
const pageBytes = 26_000

var floorKinds = []floor.Kind{floor.Fdatasync, floor.Lookup, floor.Echo}

func run(ctx context.Context, o options) (err error) {
	o.floors, err = floor.Open(ctx, floor.Options{DatabaseURL: os.Getenv("PICKET_TEST_DATABASE_URL"), Message: pageBytes})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.floors.Close(context.WithoutCancel(ctx))) }()
	if err := o.floors.Measure(ctx, floorKinds...); err != nil {
		return err
	}
	if err := search(ctx, o); err != nil {
		return err
	}
	if err := o.floors.Measure(ctx, floorKinds...); err != nil {
		return err
	}
	fmt.Println()
	o.floors.Print(os.Stdout)
	return nil
}

func search(ctx context.Context, o options) error {
	var before figures
	if o.grow {
		tenth := o
		tenth.issues, tenth.events, tenth.database, tenth.callers = o.issues/10, o.events/10, o.database+"_tenth", o.callers[:1]
		tenth.briefly = true
		var err error
		if before, err = runOn(ctx, tenth); err != nil {
			return err
		}
	}
	after, err := runOn(ctx, o)
	if err == nil && o.grow {
		printGrowth(o, before, after)
	}
	return err
}

func runOn(ctx context.Context, o options) (figures, error) {
	db, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	client, stop, err := startSearch(ctx, db.readerURL)
	if err != nil {
		return nil, err
	}
	defer stop()
	return measureAll(ctx, o, client, db.now)
}
