// Package floor measures what the machine does at best of what a figure of Picket is made of: a page on its disk, a
// commit, a COPY, a call that does nothing. Benchmarks take these floors in the same run, before and after their own
// phases, because the host of a machine is not always as fast: where it is slower, a ratio still tells what Picket costs.
package floor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

// Kind is a floor.
type Kind int

// The floors. What is paced has 200 calls a second, by sixteen callers.
const (
	Fdatasync    Kind = iota // of a page, in the file system of the database
	Commit                   // of one row, one connection
	Commits                  // of one row each, 32 connections
	PacedCommits             // of one row each
	Copy                     // binary, of rows of 2 KB
	KeyedCopy                // the same with a uuid as key
	Lookup                   // a row by its key, one connection
	Echo                     // a call over gRPC to another process, one caller
	Echoes                   // 64 callers
	PacedEchoes
	Redis // commands, in pipelines
)

type floor struct {
	name    string
	unit    string
	measure func(*Meter, context.Context) (Figure, error)
	quiet   float64 // a second, on the quiet machine of the design; 0: not known
}

// The figures that Picket is to reach hold on a quiet machine of 2 cores. These were its floors.
var floors = map[Kind]floor{
	Fdatasync:    {"fdatasync", "pages", (*Meter).fdatasync, 10_000},
	Commit:       {"one-row commits", "commits", (*Meter).commit, 2_900},
	Commits:      {"one-row commits, 32 connections", "commits", (*Meter).commits, 11_900},
	PacedCommits: {"one-row commits, 200/s", "commits", (*Meter).pacedCommits, 0},
	Copy:         {"COPY of 2 KB rows", "rows", (*Meter).copyBare, 156_000},
	KeyedCopy:    {"COPY with a uuid key", "rows", (*Meter).copyKeyed, 102_000},
	Lookup:       {"look-up by key", "queries", (*Meter).lookup, 0},
	Echo:         {"gRPC echo", "calls", (*Meter).echo, 16_000},
	Echoes:       {"gRPC echo, 64 callers", "calls", (*Meter).echoes, 71_000},
	PacedEchoes:  {"gRPC echo, 200/s", "calls", (*Meter).pacedEchoes, 0},
	Redis:        {"Redis, pipelined", "commands", (*Meter).pipelined, 1_250_000},
}

// Quiet is a floor of the quiet machine, a second.
func Quiet(kind Kind) float64 { return floors[kind].quiet }

// Figure is what was measured of a floor.
type Figure struct {
	Rate     float64 // a second
	P50, P95 time.Duration
}

// Options say where to measure.
type Options struct {
	DatabaseURL string // of an administrator, who can make a database
	RedisURL    string // may be empty where Redis is not measured
	Message     int    // bytes of a call
	Length      time.Duration
}

// DefaultLength of a measurement. What is paced takes twice that.
const DefaultLength = time.Second

// Meter measures floors, and remembers them.
type Meter struct {
	options  Options
	database *pgx.ConnConfig // of the floors
	admin    *pgx.Conn       // to another database
	redis    *redis.Client
	echoing  *echoServer
	taken    map[Kind][]Figure
}

// Open makes a database and starts a server of echoes, as another process of this program: see ServeEchoes.
func Open(ctx context.Context, o Options) (*Meter, error) {
	if o.Length == 0 {
		o.Length = DefaultLength
	}
	m := &Meter{options: o, taken: map[Kind][]Figure{}}
	err := m.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("floors: %w", errors.Join(err, m.Close(ctx)))
	}
	return m, nil
}

func (m *Meter) open(ctx context.Context) error {
	if m.options.RedisURL != "" {
		options, err := redis.ParseURL(m.options.RedisURL)
		if err != nil {
			return err
		}
		m.redis = redis.NewClient(options)
	}
	if err := m.makeDatabase(ctx); err != nil {
		return err
	}
	var err error
	m.echoing, err = startEchoes(ctx)
	return err
}

// Database is the name of the floors' own.
func (m *Meter) Database() string { return m.database.Database }

// Close removes what Open made.
func (m *Meter) Close(ctx context.Context) error {
	var errs []error
	if m.echoing != nil {
		errs = append(errs, m.echoing.stop())
	}
	if m.redis != nil {
		errs = append(errs, m.redis.Close())
	}
	if m.admin != nil {
		errs = append(errs, m.dropDatabase(ctx), m.admin.Close(ctx))
	}
	return errors.Join(errs...)
}

// Measure takes floors, one after the other.
func (m *Meter) Measure(ctx context.Context, kinds ...Kind) error {
	for _, kind := range kinds {
		figure, err := floors[kind].measure(m, ctx)
		if errors.Is(err, errElsewhere) {
			continue
		}
		if err != nil {
			return fmt.Errorf("floor %s: %w", floors[kind].name, err)
		}
		m.taken[kind] = append(m.taken[kind], figure)
	}
	return nil
}

// Of is the mean of what was taken so far of a floor: of a machine that is faster before than after.
func (m *Meter) Of(kind Kind) Figure {
	var sum Figure
	n := len(m.taken[kind])
	if n == 0 {
		return sum
	}
	for _, f := range m.taken[kind] {
		sum.Rate, sum.P50, sum.P95 = sum.Rate+f.Rate, sum.P50+f.P50, sum.P95+f.P95
	}
	return Figure{Rate: sum.Rate / float64(n), P50: sum.P50 / time.Duration(n), P95: sum.P95 / time.Duration(n)}
}

// Quantile gives one of durations, which it sorts.
func Quantile(durations []time.Duration, q float64) time.Duration {
	if len(durations) == 0 {
		return 0
	}
	slices.Sort(durations)
	return durations[int(q*float64(len(durations)-1))]
}
