// Command bench-grouping measures AssignGroups on a PostgreSQL that writes durably: items per second in projects that
// have 1, 100 and 100,000 issues, and what an item leaves on disk. Of the largest it measures items of 100 issues as
// well: what an item costs must not depend on how many issues there are; that a call touches more of them costs more.
// Beside it, in the same run, it measures what a bare COPY of the same rows costs, and other floors. It runs the real program and goes from
// load to load in turns, so that whatever else the machine does meets all of them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/picket-io/picket/test/bench/floor"
)

type options struct {
	bin    string
	rounds int
	items  int // a round and project
	large  int // issues of the largest project
}

func main() {
	floor.ServeEchoes()
	var o options
	flag.StringVar(&o.bin, "bin", "bin", "folder of the programs")
	flag.IntVar(&o.rounds, "rounds", 4, "turns of each project")
	flag.IntVar(&o.items, "items", 10_000, "items a turn")
	flag.IntVar(&o.large, "large", 100_000, "issues of the largest project")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "bench-grouping:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	s, err := start(ctx, o.bin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop(context.WithoutCancel(ctx))) }()
	if err := s.printSettings(ctx); err != nil {
		return err
	}
	floors, err := openFloors(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, floors.Close(context.WithoutCancel(ctx))) }()
	if err := floors.Measure(ctx, floorKinds...); err != nil {
		return err
	}
	projects := []*project{{id: 1, issues: 1}, {id: 2, issues: 100}, {id: 3, issues: o.large}}
	for _, p := range projects {
		if err := s.prepare(ctx, p); err != nil {
			return err
		}
	}
	before, err := s.footprint(ctx)
	if err != nil {
		return err
	}
	few, large := projects[1], projects[2]
	loads := []*load{{project: projects[0], drawn: 1}, {project: few, drawn: few.issues}, {project: large, drawn: few.issues}, {project: large, drawn: large.issues}}
	for range o.rounds {
		for _, l := range loads {
			if err := s.turn(ctx, l, o.items); err != nil {
				return err
			}
		}
	}
	after, err := s.footprint(ctx)
	if err != nil {
		return err
	}
	items := o.rounds * o.items * len(loads)
	printLoads(loads, items)
	report := after.minus(before)
	report.print(float64(items))
	if err := s.checkCount(ctx, projects); err != nil {
		return err
	}
	if err := floors.Measure(ctx, floorKinds...); err != nil {
		return err
	}
	floors.Print(os.Stdout)
	return s.printFloor(ctx, few, loads)
}

// printLoads prints the median turn of each load. All turns have as many items.
func printLoads(loads []*load, items int) {
	fmt.Printf("%d items of a web service, 8 tags, 50,000 users; %d a call, %d callers; issues by Zipf's law\n", items, callItems, callers)
	least := slices.MinFunc(loads, func(a, b *load) int { return int(a.median() - b.median()) }).median()
	for _, l := range loads {
		fmt.Printf("%6d of %6d issues, %3d a call %8.0f items/s, %4d us an item, %.2f x the least; turns %v\n", l.drawn, l.issues, l.touched,
			l.rate(), l.median().Microseconds()/int64(l.turnItems), float64(l.median())/float64(least), rounded(l.turns))
	}
}

func rounded(turns []time.Duration) []time.Duration {
	short := make([]time.Duration, len(turns))
	for i, turn := range turns {
		short[i] = turn.Round(10 * time.Millisecond)
	}
	return short
}
