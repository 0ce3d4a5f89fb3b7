package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/picket-io/picket/test/bench/floor"
)

// floors are what the figures stand beside, taken before and after them.
type floors struct {
	*floor.Meter
	in     *installation
	copies []float64 // rows a second of the same bytes
	length time.Duration
}

var floorKinds = []floor.Kind{
	floor.Fdatasync, floor.Commit, floor.Commits, floor.PacedCommits, floor.Copy, floor.KeyedCopy, floor.Lookup,
	floor.Echo, floor.Echoes, floor.PacedEchoes, floor.Redis,
}

func openFloors(ctx context.Context, in *installation, length time.Duration) (*floors, error) {
	random := rand.New(rand.NewPCG(1, 2))
	one := newOccurrence(random, rand.NewZipf(random, 1.1, 1, fingerprints-1))
	meter, err := floor.Open(ctx, floor.Options{
		DatabaseURL: in.adminURL, RedisURL: os.Getenv("PICKET_TEST_REDIS_URL"), Message: proto.Size(one),
	})
	return &floors{Meter: meter, in: in, length: length}, err
}

func (f *floors) measure(ctx context.Context) error {
	if err := f.Measure(ctx, floorKinds...); err != nil {
		return err
	}
	rate, err := f.in.copyFloor(ctx, f.length)
	f.copies = append(f.copies, rate)
	return err
}

// measured are the figures that have a floor.
type measured struct{ batched, read, many, paced result }

func (f *floors) print(of measured) {
	f.Print(os.Stdout)
	bytes := (f.copies[0] + f.copies[1]) / 2
	fmt.Printf("COPY            %8.0f rows/s of the same bytes, a key and two indexes, one connection: %.0f before and %.0f after\n", bytes, f.copies[0], f.copies[1])
	fmt.Printf("batched/COPY    %8.0f %%\n", 100*of.batched.rate()/bytes)
	fmt.Printf("GetEvent        %8.1f x an echo and a look-up, p50\n", ratio(of.read.quantile(0.5), f.Of(floor.Echo).P50+f.Of(floor.Lookup).P50))
	fmt.Printf("unary, 64       %8.0f %% of one-row commits on 32 connections, %.0f %% of echoes from 64 callers; %d/s were %.0f %% and %.0f %% on the quiet machine\n",
		100*of.many.rate()/f.Of(floor.Commits).Rate, 100*of.many.rate()/f.Of(floor.Echoes).Rate,
		wantedUnary, 100*wantedUnary/floor.Quiet(floor.Commits), 100*wantedUnary/floor.Quiet(floor.Echoes))
	// A call is at least one to ingest, its commit, one to grouping and its commit.
	commit, echo := f.Of(floor.PacedCommits), f.Of(floor.PacedEchoes)
	p50, p95 := 2*(commit.P50+echo.P50), 2*(commit.P95+echo.P95)
	fmt.Printf("unary, 200/s    %8.1f x two commits and two echoes of that pace, %s, p50; %.1f x p95, %s\n",
		ratio(of.paced.quantile(0.5), p50), floor.Short(p50), ratio(of.paced.quantile(0.95), p95), floor.Short(p95))
}

// wantedUnary is what 64 callers are to reach on the quiet machine, a second.
const wantedUnary = 5_000

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
