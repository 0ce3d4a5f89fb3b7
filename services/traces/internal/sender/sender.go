// Package sender tells ingest of the exceptions of spans. Each is told at least once; ingest makes it count once.
package sender

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/services/traces/internal/store"
)

const (
	idle       = time.Second // between looks for what is due, when nobody says that there is something
	atOnce     = 16          // calls under way
	ofAProject = 32          // taken at once, so that one project does not keep the others waiting
	lookAt     = 1000        // due ones, for their projects
	callTime   = 5 * time.Second
	// lease is longer than all calls of a turn and their settling may take. What a process that died had taken waits for
	// it to end.
	lease      = callTime*(ofAProject/atOnce+1) + 5*time.Second
	firstDelay = time.Second
	maxDelay   = 5 * time.Minute
	maxPause   = 30 * time.Second // between turns while ingest does not answer
	lookTime   = 5 * time.Second  // for those who collect metrics,
	counted    = 100_000          // to whom more do not matter; each of them counts anew
)

// Sender sends what the store has due. Any number of processes may run one over the same database.
type Sender struct {
	store  *store.Store
	ingest ingestv1.IngestServiceClient
	log    *slog.Logger
	now    func() time.Time
	wake   chan struct{}
	sent   metric.Int64Counter
}

const meterName = "github.com/picket-io/picket/services/traces"

// New makes a sender.
func New(spans *store.Store, ingest ingestv1.IngestServiceClient, log *slog.Logger, now func() time.Time) (*Sender, error) {
	sent, err := otel.Meter(meterName).Int64Counter("picket.traces.exceptions.sent", metric.WithUnit("{event}"),
		metric.WithDescription("Error events made of exceptions in spans, by what ingest answered: taken, refused or later"))
	s := &Sender{store: spans, ingest: ingest, log: log, now: now, wake: make(chan struct{}, 1), sent: sent}
	return s, errors.Join(err, s.observe())
}

// observe tells how many error events wait and how long the oldest has, over all replicas.
func (s *Sender) observe() error {
	meter := otel.Meter(meterName)
	waiting, err1 := meter.Int64ObservableGauge("picket.traces.exceptions.waiting", metric.WithUnit("{event}"),
		metric.WithDescription("Error events made of exceptions in spans that wait to be sent to ingest; from 100,000 on there may be more"))
	oldest, err2 := meter.Float64ObservableGauge("picket.traces.exceptions.oldest", metric.WithUnit("s"),
		metric.WithDescription("How long the oldest of them has waited"))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	_, err := meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		ctx, cancel := context.WithTimeout(ctx, lookTime)
		defer cancel()
		count, since, err := s.store.WaitingErrorEvents(ctx, counted)
		if err != nil {
			return err
		}
		age := 0.0
		if count > 0 {
			age = s.now().Sub(since).Seconds()
		}
		o.ObserveInt64(waiting, count)
		o.ObserveFloat64(oldest, age)
		return nil
	}, waiting, oldest)
	return err
}

// Wake makes the sender look at once.
func (s *Sender) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // it is awake
	}
}

// Run sends until ctx ends. What is under way then is sent again by whoever runs next. While ingest does not answer it only
// tries now and then: what waits is many events.
func (s *Sender) Run(ctx context.Context) error {
	pause := time.Duration(0)
	for {
		isAway, err := s.Send(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Error("error events", "error", err)
		}
		wake := s.wake
		switch {
		case !isAway:
			pause = 0
		case pause == 0:
			s.log.Warn("ingest does not answer; error events wait")
			pause, wake = idle, nil
		default:
			pause, wake = min(2*pause, maxPause), nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(max(pause, idle)):
		case <-wake:
		}
	}
}

// Send sends what is due, until nothing is or ingest does not answer for any project.
func (s *Sender) Send(ctx context.Context) (isAway bool, err error) {
	for {
		ids, err := s.store.ProjectsWithErrorEvents(ctx, s.now(), lookAt)
		if err != nil || len(ids) == 0 {
			return false, err
		}
		took, isAway := false, true
		for _, id := range ids {
			due, err := s.store.TakeErrorEvents(ctx, id, s.now(), lease, ofAProject)
			if err != nil {
				return false, err
			}
			if len(due) == 0 { // others have them
				continue
			}
			took = true
			answered, err := s.sendSome(ctx, id, due)
			if err != nil {
				return false, err
			}
			isAway = isAway && !answered
		}
		if !took || isAway {
			return took, nil
		}
	}
}

// sendSome sends error events of one project. If the process dies between the answers and their being settled, the events
// are sent again when the lease has run out, and are repeats for ingest. It tells whether ingest answered at all.
func (s *Sender) sendSome(ctx context.Context, projectID int64, due []store.DueErrorEvent) (answers bool, err error) {
	errs := make([]error, len(due))
	next := make(chan int, len(due))
	for i := range due {
		next <- i
	}
	close(next)
	var callers sync.WaitGroup
	for range min(atOnce, len(due)) {
		callers.Go(func() {
			for i := range next {
				errs[i] = s.call(ctx, &due[i])
			}
		})
	}
	callers.Wait()
	var answered [][16]byte
	later := map[[16]byte]time.Time{}
	for i, err := range errs {
		answers = answers || !isAway(err)
		if isFinal(err) {
			answered = append(answered, due[i].ID)
		} else {
			later[due[i].ID] = s.now().Add(delay(due[i].Tries))
		}
		s.record(ctx, &due[i], err)
	}
	// The answers hold although this process is to stop.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer cancel()
	return answers, s.store.SettleErrorEvents(ctx, projectID, answered, later)
}

func (s *Sender) call(ctx context.Context, e *store.DueErrorEvent) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	_, err := s.ingest.IngestEvent(ctx, &ingestv1.IngestEventRequest{
		ProjectId: e.ProjectID, EventId: hex.EncodeToString(e.ID[:]), EventBody: &ingestv1.IngestEventRequest_EventJson{EventJson: e.Body},
	})
	return err
}

// isFinal tells an answer that sending again will not change: the event was judged, or breaks a rule.
func isFinal(err error) bool {
	switch status.Code(err) {
	case codes.OK, codes.InvalidArgument, codes.NotFound, codes.FailedPrecondition, codes.OutOfRange:
		return true
	}
	return isTooLarge(err)
}

// isAway tells an error that says nothing about the event.
func isAway(err error) bool {
	code := status.Code(err)
	return code == codes.Unavailable || code == codes.DeadlineExceeded
}

// isTooLarge tells a message over the limit, which has the code of a full queue but nothing about when to try again.
func isTooLarge(err error) bool {
	s := status.Convert(err)
	return s.Code() == codes.ResourceExhausted && len(s.Details()) == 0
}

func (s *Sender) record(ctx context.Context, e *store.DueErrorEvent, err error) {
	answer := "taken"
	switch {
	case err == nil:
	case isFinal(err):
		answer = "refused"
		s.log.WarnContext(ctx, "error event refused", "project", e.ProjectID, "event", hex.EncodeToString(e.ID[:]), "error", err)
	case !errors.Is(err, context.Canceled):
		answer = "later"
	}
	s.sent.Add(ctx, 1, metric.WithAttributes(attribute.String("answer", answer)))
}

// delay doubles with each try, and is spread so that what failed together does not come back together.
func delay(tries int) time.Duration {
	d := min(firstDelay<<min(tries, 20), maxDelay)
	return d/2 + rand.N(d/2) //nolint:gosec // it only spreads
}
