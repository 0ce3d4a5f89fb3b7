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

// New makes a sender.
func New(spans *store.Store, ingest ingestv1.IngestServiceClient, log *slog.Logger, now func() time.Time) (*Sender, error) {
	sent, err := otel.Meter("github.com/picket-io/picket/services/traces").Int64Counter("picket.traces.exceptions.sent", metric.WithUnit("{event}"),
		metric.WithDescription("Error events made of exceptions in spans, by what ingest answered: taken, refused or later"))
	return &Sender{store: spans, ingest: ingest, log: log, now: now, wake: make(chan struct{}, 1), sent: sent}, err
}

// Wake makes the sender look at once.
func (s *Sender) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // it is awake
	}
}

// Run sends until ctx ends. What is under way then is sent again by whoever runs next.
func (s *Sender) Run(ctx context.Context) error {
	ticker := time.NewTicker(idle)
	defer ticker.Stop()
	for {
		if err := s.Send(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("error events", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-s.wake:
		}
	}
}

// Send sends what is due, until nothing is.
func (s *Sender) Send(ctx context.Context) error {
	for {
		ids, err := s.store.ProjectsWithErrorEvents(ctx, s.now(), lookAt)
		if err != nil || len(ids) == 0 {
			return err
		}
		took := false
		for _, id := range ids {
			due, err := s.store.TakeErrorEvents(ctx, id, s.now(), lease, ofAProject)
			if err != nil {
				return err
			}
			took = took || len(due) > 0
			if err := s.sendSome(ctx, id, due); err != nil {
				return err
			}
		}
		if !took { // others have them
			return nil
		}
	}
}

// sendSome sends error events of one project. If the process dies between the answers and their being settled, the events
// are sent again when the lease has run out, and are repeats for ingest.
func (s *Sender) sendSome(ctx context.Context, projectID int64, due []store.DueErrorEvent) error {
	if len(due) == 0 {
		return nil
	}
	answers := make([]error, len(due))
	next := make(chan int, len(due))
	for i := range due {
		next <- i
	}
	close(next)
	var callers sync.WaitGroup
	for range min(atOnce, len(due)) {
		callers.Go(func() {
			for i := range next {
				answers[i] = s.call(ctx, &due[i])
			}
		})
	}
	callers.Wait()
	var answered [][16]byte
	later := map[[16]byte]time.Time{}
	for i, err := range answers {
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
	return s.store.SettleErrorEvents(ctx, projectID, answered, later)
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
