package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

const (
	deepPage = 1000
	deepSize = 10
	most     = 2000 // calls of one figure
	least    = 3
)

func measureAll(ctx context.Context, o options, client searchv1.SearchServiceClient, now time.Time) error {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%-24s %-8s %7s %6s %8s %8s %8s\n", "shape", "page", "callers", "hits", "p50 ms", "p95 ms", "p99 ms")
	for _, s := range shapes {
		if !only.MatchString(s.name) {
			continue
		}
		if o.explain {
			if err := explain(ctx, client, s.name, s.request(now)); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			continue
		}
		if err := measureShape(ctx, o, client, s, s.request(now)); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
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

func measureShape(ctx context.Context, o options, client searchv1.SearchServiceClient, s shape, req *searchv1.SearchIssuesRequest) error {
	first, err := client.SearchIssues(ctx, req)
	if err != nil {
		return err
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
	if s.deep {
		short := proto.CloneOf(uncounted)
		short.PageSize = deepSize
		deep, err := walk(ctx, client, short)
		if err != nil {
			return err
		}
		pages = append(pages, pages[1], pages[1])
		pages[2].name, pages[2].req = "1 of 10", short
		pages[3].name, pages[3].req = "1,000", deep
	}
	for _, page := range pages {
		for _, callers := range o.callers {
			times, err := measure(ctx, o.cell, client, page.req, callers)
			if err != nil {
				return err
			}
			limit := ""
			if page.limit > 0 && callers == 1 {
				limit = fmt.Sprintf(" of %d", page.limit.Milliseconds())
			}
			fmt.Fprintf(os.Stdout, "%-24s %-11s %4d %6s %8.1f %8.1f %8.1f%s\n", s.name, page.name, callers, hits,
				percentile(times, 50), percentile(times, 95), percentile(times, 99), limit)
		}
	}
	return nil
}

// walk gives the request of page 1,000. The pages before it are read ten at a time.
func walk(ctx context.Context, client searchv1.SearchServiceClient, short *searchv1.SearchIssuesRequest) (*searchv1.SearchIssuesRequest, error) {
	req := proto.CloneOf(short)
	for read := 0; read < (deepPage-1)*deepSize; {
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
