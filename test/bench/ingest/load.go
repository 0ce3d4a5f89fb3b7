package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/test/bench/floor"
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
	making time.Duration // processor time

	mu     sync.Mutex
	events []string // ids of what was sent in batches, to read again
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
	return floor.Quantile(r.latencies, q).Round(10 * time.Microsecond)
}

// perSecond is more than can be sent.
const perSecond = 15_000

// batches sends n occurrences in batches, until a time has passed or all are sent. Making them takes no time of it.
func (l *load) batches(ctx context.Context, length time.Duration, n, callers int) result {
	reqs := make([]*ingestv1.IngestOccurrencesRequest, n/batchItems)
	occurrences := l.newOccurrences(len(reqs) * batchItems)
	for i := range reqs {
		reqs[i] = &ingestv1.IngestOccurrencesRequest{Occurrences: occurrences[i*batchItems : (i+1)*batchItems]}
	}
	return l.measure(length, callers, len(reqs), func(n int) {
		req := reqs[n]
		defer l.remember(req)
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

func (l *load) remember(req *ingestv1.IngestOccurrencesRequest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, occurrence := range req.GetOccurrences() {
		l.events = append(l.events, occurrence.GetOccurrence().GetEventId())
	}
}

// reads reads events that were sent in batches, one after the other.
func (l *load) reads(ctx context.Context, n int) (result, error) {
	r := result{latencies: make([]time.Duration, n)}
	began := time.Now()
	for i := range n {
		id := l.events[rand.IntN(len(l.events))]
		started := time.Now()
		if _, err := l.client.GetEvent(ctx, &ingestv1.GetEventRequest{ProjectId: project, EventId: id}); err != nil {
			return r, fmt.Errorf("read an event: %w", err)
		}
		r.latencies[i] = time.Since(started)
	}
	r.took, r.confirmed = time.Since(began), int64(n)
	return r, nil
}

// unary sends one by one; with a rate, the callers share it. Making them takes no time of it.
func (l *load) unary(ctx context.Context, length time.Duration, callers int, rate float64) result {
	perSecond := 8_000.0 // more than can be sent
	if rate > 0 {
		perSecond = 2 * rate
	}
	reqs := l.newOccurrences(int(length.Seconds() * perSecond))
	var mu sync.Mutex
	var latencies []time.Duration
	pace := floor.NewPace(rate)
	r := l.measure(length, callers, len(reqs), func(n int) {
		pace.Wait()
		began := time.Now()
		resp, err := l.client.IngestOccurrence(ctx, reqs[n])
		if err != nil {
			l.fail(err)
			return
		}
		took := time.Since(began)
		l.confirm(reqs[n], resp)
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

// measure has callers send what is numbered from 0 to n.
func (l *load) measure(length time.Duration, callers, n int, send func(int)) result {
	began, before := time.Now(), l.sent.Load()
	var taken atomic.Int64
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for time.Since(began) < length {
				i := int(taken.Add(1)) - 1
				if i >= n {
					return
				}
				send(i)
			}
		})
	}
	group.Wait()
	return result{took: time.Since(began), confirmed: l.sent.Load() - before}
}

// newOccurrences makes what is to be sent, and keeps the processor time of it apart.
func (l *load) newOccurrences(n int) []*ingestv1.IngestOccurrenceRequest {
	began := processOf(os.Getpid()).cpu
	occurrences := make([]*ingestv1.IngestOccurrenceRequest, n)
	random := rand.New(rand.NewPCG(uint64(n), uint64(time.Now().UnixNano())))
	zipf := rand.NewZipf(random, 1.1, 1, fingerprints-1)
	for i := range occurrences {
		occurrences[i] = newOccurrence(random, zipf)
	}
	runtime.GC()
	l.making += processOf(os.Getpid()).cpu - began
	return occurrences
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
