package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/test/bench/floor"
)

const (
	deepPage = 1000
	deepSize = 10
	most     = 2000 // calls of one figure
	least    = 3
)

// figures are the p95 of page 1 with its counts, of one caller, by shape.
type figures map[string]float64

func printGrowth(o options, before, after figures) {
	fmt.Fprintf(os.Stdout, "\n%-24s %8s %8s %6s\n", "p95 ms of page 1", fmt.Sprint(o.issues/10), fmt.Sprint(o.issues), "ratio")
	for _, s := range shapes {
		if after[s.name] > 0 {
			fmt.Fprintf(os.Stdout, "%-24s %8.1f %8.1f %6.1f\n", s.name, before[s.name], after[s.name], after[s.name]/before[s.name])
		}
	}
}

func measureAll(ctx context.Context, o options, client searchv1.SearchServiceClient, now time.Time) (figures, error) {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return nil, err
	}
	found := figures{}
	fmt.Fprintf(os.Stdout, "%-24s %-8s %7s %6s %8s %8s %8s %8s\n", "shape", "page", "callers", "hits", "p50 ms", "p95 ms", "p99 ms", "floors")
	for _, s := range shapes {
		if !only.MatchString(s.name) {
			continue
		}
		if o.explain {
			if err := explain(ctx, client, s.name, s.request(now)); err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			continue
		}
		found[s.name], err = measureShape(ctx, o, client, s, s.request(now))
		if status.Code(err) == codes.ResourceExhausted {
			fmt.Fprintf(os.Stdout, "%-24s %v\n", s.name, err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return found, nil
}

func explain(ctx context.Context, client searchv1.SearchServiceClient, name string, req *searchv1.SearchIssuesRequest) error {
	resp, err := client.ExplainQuery(ctx, &searchv1.ExplainQueryRequest{Search: req, Analyze: true})
	if err != nil {
		return err
	}
	for n, st := range resp.GetStatements() {
		fmt.Fprintf(os.Stdout, "=== %s, statement %d, %.1f ms\n%s\n%v\n%s\n\n", name, n+1, st.GetActualMs(), st.GetSql(), st.GetArguments(), st.GetPlan())
	}
	return nil
}

func measureShape(ctx context.Context, o options, client searchv1.SearchServiceClient, s shape, req *searchv1.SearchIssuesRequest) (p95 float64, err error) {
	first, err := client.SearchIssues(ctx, req)
	if err != nil {
		return 0, err
	}
	hits := fmt.Sprint(first.GetTotalSize())
	if first.GetTotalSizeCapped() {
		hits += "+"
	}
	uncounted := proto.CloneOf(req)
	uncounted.TotalSizeCap = 1
	uncounted.Collapse = []searchv1.IssuePart{searchv1.IssuePart_ISSUE_PART_WINDOW, searchv1.IssuePart_ISSUE_PART_MATCHING}
	pages := []struct {
		name  string
		req   *searchv1.SearchIssuesRequest
		limit time.Duration
	}{{"1", req, s.limit}, {"1, no count", uncounted, s.limit}}
	if o.briefly {
		pages = pages[:1]
	}
	if s.deep && !o.briefly {
		short := proto.CloneOf(uncounted)
		short.PageSize = deepSize
		deep, err := walk(ctx, client, short)
		if err != nil {
			return 0, err
		}
		pages = append(pages, pages[1], pages[1])
		pages[2].name, pages[2].req = "1 of 10", short
		pages[3].name, pages[3].req = "1,000", deep
	}
	for _, page := range pages {
		for _, callers := range o.callers {
			times, err := measure(ctx, o.cell, client, page.req, callers)
			if err != nil {
				return 0, err
			}
			if page.name == "1" && callers == 1 {
				p95 = percentile(times, 95)
			}
			beside := "" // of one caller: how many times as long as an echo and a look-up, and the design's limit
			if callers == 1 {
				beside = fmt.Sprintf(" %8.1f", percentile(times, 50)/o.floorMs())
			}
			if page.limit > 0 && callers == 1 {
				beside += fmt.Sprintf(" p95 of %d", page.limit.Milliseconds())
			}
			fmt.Fprintf(os.Stdout, "%-24s %-11s %4d %6s %8.1f %8.1f %8.1f%s\n", s.name, page.name, callers, hits,
				percentile(times, 50), percentile(times, 95), percentile(times, 99), beside)
		}
	}
	return p95, nil
}

func (o options) floorMs() float64 {
	return float64((o.floors.Of(floor.Echo).P50 + o.floors.Of(floor.Lookup).P50).Microseconds()) / 1000
}

// longestWalk bounds what is spent on the way to page 1,000.
const longestWalk = 30 * time.Second

// walk gives the request of page 1,000, or of the page that it comes to in time. The pages before it are read ten at a
// time.
func walk(ctx context.Context, client searchv1.SearchServiceClient, short *searchv1.SearchIssuesRequest) (*searchv1.SearchIssuesRequest, error) {
	req := proto.CloneOf(short)
	began := time.Now()
	for read := 0; read < (deepPage-1)*deepSize; {
		if time.Since(began) > longestWalk {
			fmt.Fprintf(os.Stdout, "page 1,000 is too far: this is page %d\n", 1+read/deepSize)
			break
		}
		req.PageSize = int32(min(100, (deepPage-1)*deepSize-read))
		resp, err := client.SearchIssues(ctx, req)
		if err != nil {
			return nil, err
		}
		if read += len(resp.GetIssues()); resp.GetNextPageToken() == "" {
			fmt.Fprintf(os.Stdout, "there is no page 1,000: this is the page after %d issues\n", read-len(resp.GetIssues()))
			break
		}
		req.PageToken = resp.GetNextPageToken()
	}
	req.PageSize = deepSize
	return req, nil
}

// measure calls for a while, at least a few times from each caller, and returns how long each call took, sorted.
func measure(ctx context.Context, cell time.Duration, client searchv1.SearchServiceClient, req *searchv1.SearchIssuesRequest, callers int) ([]time.Duration, error) {
	end := time.Now().Add(cell)
	var mu sync.Mutex
	var times []time.Duration
	var failed error
	var calling sync.WaitGroup
	for range callers {
		calling.Go(func() {
			for n := 0; n < most/callers && (n < least || time.Now().Before(end)); n++ {
				began := time.Now()
				_, err := client.SearchIssues(ctx, req)
				took := time.Since(began)
				mu.Lock()
				times = append(times, took)
				if err != nil {
					failed = err
				}
				stop := failed != nil
				mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	calling.Wait()
	slices.Sort(times)
	return times, failed
}

func percentile(sorted []time.Duration, p int) float64 {
	n := min(len(sorted)-1, len(sorted)*p/100)
	return float64(sorted[n].Microseconds()) / 1000
}
