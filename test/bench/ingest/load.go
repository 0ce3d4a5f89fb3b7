package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

const (
	batchItems   = 500
	fingerprints = 5000 // of which few have most occurrences
)

// load sends occurrences of a web service: 8 tags, a stack trace, about 2.4 KB of JSON.
type load struct {
	client ingestv1.IngestServiceClient
	sent   atomic.Int64 // confirmed
	bytes  atomic.Int64 // of the events of those
	failed atomic.Int64
	first  atomic.Pointer[error]
}

func newLoad(client ingestv1.IngestServiceClient) *load { return &load{client: client} }

func (l *load) firstFailure() error {
	if err := l.first.Load(); err != nil {
		return *err
	}
	return nil
}

func (l *load) fail(err error) {
	l.failed.Add(1)
	l.first.CompareAndSwap(nil, &err)
}

// result is what one measurement saw.
type result struct {
	took      time.Duration
	confirmed int64
	latencies []time.Duration
}

func (r result) rate() float64 { return float64(r.confirmed) / r.took.Seconds() }

func (r result) quantile(q float64) time.Duration {
	if len(r.latencies) == 0 {
		return 0
	}
	slices.Sort(r.latencies)
	return r.latencies[int(q*float64(len(r.latencies)-1))].Round(10 * time.Microsecond)
}

func (l *load) batches(ctx context.Context, length time.Duration, callers int) result {
	return l.measure(length, callers, func(random *rand.Rand, zipf *rand.Zipf) {
		req := &ingestv1.IngestOccurrencesRequest{}
		for range batchItems {
			req.Occurrences = append(req.Occurrences, newOccurrence(random, zipf))
		}
		resp, err := l.client.IngestOccurrences(ctx, req)
		if err != nil {
			l.fail(err)
			return
		}
		for i, result := range resp.GetResults() {
			if result.GetError() != nil {
				l.fail(errors.New(result.GetError().GetMessage()))
				continue
			}
			l.confirm(req.GetOccurrences()[i], result.GetResponse())
		}
	})
}

// unary sends one by one; with a rate, the callers share it.
func (l *load) unary(ctx context.Context, length time.Duration, callers int, rate float64) result {
	var mu sync.Mutex
	var latencies []time.Duration
	next := time.Now()
	wait := func() {
		if rate == 0 {
			return
		}
		mu.Lock()
		next = next.Add(time.Duration(float64(time.Second) / rate))
		at := next
		mu.Unlock()
		<-time.After(time.Until(at))
	}
	r := l.measure(length, callers, func(random *rand.Rand, zipf *rand.Zipf) {
		req := newOccurrence(random, zipf)
		wait()
		began := time.Now()
		resp, err := l.client.IngestOccurrence(ctx, req)
		if err != nil {
			l.fail(err)
			return
		}
		took := time.Since(began)
		l.confirm(req, resp)
		mu.Lock()
		latencies = append(latencies, took)
		mu.Unlock()
	})
	r.latencies = latencies
	return r
}

func (l *load) confirm(req *ingestv1.IngestOccurrenceRequest, resp *ingestv1.IngestOccurrenceResponse) {
	if resp.GetOutcome() != issuesv1.Outcome_OUTCOME_ACCEPTED {
		l.fail(fmt.Errorf("the outcome %s", resp.GetOutcome()))
		return
	}
	l.sent.Add(1)
	l.bytes.Add(int64(len(req.GetEventJson())))
}

func (l *load) measure(length time.Duration, callers int, send func(*rand.Rand, *rand.Zipf)) result {
	began, before := time.Now(), l.sent.Load()
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			random := rand.New(rand.NewPCG(uint64(caller), uint64(began.UnixNano())))
			zipf := rand.NewZipf(random, 1.1, 1, fingerprints-1)
			for time.Since(began) < length {
				send(random, zipf)
			}
		})
	}
	group.Wait()
	return result{took: time.Since(began), confirmed: l.sent.Load() - before}
}

func newOccurrence(random *rand.Rand, zipf *rand.Zipf) *ingestv1.IngestOccurrenceRequest {
	now := time.Now().UTC()
	n := zipf.Uint64()
	return &ingestv1.IngestOccurrenceRequest{
		Occurrence: &issuesv1.Occurrence{
			Id: uuid.NewString(), ProjectId: project, EventId: uuid.NewString(), Fingerprint: []string{fmt.Sprint("fingerprint-", n)},
			IssueTitle: fmt.Sprintf("Slow query in handler %d", n), Subtitle: "SELECT * FROM orders WHERE customer = $1",
			Culprit: fmt.Sprintf("/checkout/%d", n), Type: 4001, DetectionTime: timestamppb.New(now),
		},
		EventBody: &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: newEvent(random, n, now)},
	}
}
