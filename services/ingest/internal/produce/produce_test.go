package produce_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/time/rate"

	"github.com/picket-io/picket/pkg/producer"
	"github.com/picket-io/picket/services/ingest/internal/produce"
	"github.com/picket-io/picket/test/testkafka"
)

func TestMain(m *testing.M) { os.Exit(testkafka.Main(m)) }

// run sends lines and gives what was told, the records of the topic, and the error.
func run(t *testing.T, lines string, limit rate.Limit, want int) (string, []*kgo.Record, error) {
	t.Helper()
	kafka := testkafka.New(t, 1)
	p, err := producer.New(producer.Config{Brokers: kafka.Brokers, Topic: kafka.Topic, MaxOutstanding: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var told strings.Builder
	job := produce.Job{
		In: strings.NewReader(lines), Size: int64(len(lines)), Rate: limit, Tell: &told, Start: time.Now(), Now: time.Now,
	}
	jobErr := job.Run(t.Context(), p)
	client, err := kgo.NewClient(kgo.SeedBrokers(kafka.Brokers...), kgo.ConsumeTopics(kafka.Topic))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var records []*kgo.Record
	for len(records) < want && ctx.Err() == nil {
		records = append(records, client.PollFetches(ctx).Records()...)
	}
	return told.String(), records, jobErr
}

func TestLinesAreSentAsTheyAreAndBadOnesAreTold(t *testing.T) {
	t.Parallel()
	good := `{"project_id": 7, "fingerprint": ["a", "b"],  "id": "as it is"}`
	told, records, err := run(t, good+"\n\n  \nnot JSON\n"+good, rate.Inf, 2)
	if err == nil || err.Error() != "1 messages refused, 0 not sent" {
		t.Errorf("the error is %v", err)
	}
	if !strings.Contains(told, "line 4: is not a message") || !strings.Contains(told, "100 %  2 sent, 1 refused, 0 failed") {
		t.Errorf("told %q", told)
	}
	if len(records) != 2 || string(records[0].Value) != good || string(records[1].Value) != good || string(records[0].Key) != "a-7" {
		t.Errorf("got %d records", len(records))
	}
}

func TestTheRateIsKept(t *testing.T) {
	t.Parallel()
	start := time.Now()
	var lines strings.Builder
	for i := range 60 {
		fmt.Fprintf(&lines, `{"project_id": 7, "fingerprint": ["%d"]}`+"\n", i)
	}
	if _, records, err := run(t, lines.String(), 100, 60); err != nil || len(records) != 60 {
		t.Errorf("%d records, %v", len(records), err)
	}
	if took := time.Since(start); took < 580*time.Millisecond {
		t.Errorf("60 messages at 100/s took %v", took)
	}
}

func TestAMessageThatCannotBeSentIsToldWithItsReason(t *testing.T) {
	t.Parallel()
	good := `{"project_id": 7, "fingerprint": ["a"]}`
	large := `{"project_id": 7, "fingerprint": ["a"], "issue_title": "` + strings.Repeat("x", 2<<20) + `"}`
	told, records, err := run(t, good+"\n"+large+"\n"+good, rate.Inf, 2)
	if err == nil || err.Error() != "0 messages refused, 1 not sent" || len(records) != 2 {
		t.Errorf("%d records, the error is %v", len(records), err)
	}
	if !strings.Contains(told, "line 2: not sent: MESSAGE_TOO_LARGE") {
		t.Errorf("told %q", told)
	}
}

func TestALineThatIsTooLongEndsTheJobAndLosesNoneBeforeIt(t *testing.T) {
	t.Parallel()
	good := `{"project_id": 7, "fingerprint": ["a"]}`
	told, records, err := run(t, good+"\n"+strings.Repeat("x", 5<<20)+"\n"+good, rate.Inf, 1)
	if err == nil || !strings.HasPrefix(err.Error(), "line 2: ") || len(records) != 1 {
		t.Errorf("%d records, the error is %v", len(records), err)
	}
	if !strings.Contains(told, "1 sent, 0 refused, 0 failed") {
		t.Errorf("told %q", told)
	}
}

func TestAnInterruptedJobSaysHowFarItCame(t *testing.T) {
	t.Parallel()
	kafka := testkafka.New(t, 1)
	p, err := producer.New(producer.Config{Brokers: kafka.Brokers, Topic: kafka.Topic})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var told strings.Builder
	lines, more := io.Pipe()
	ctx, interrupt := context.WithCancel(t.Context())
	job := produce.Job{In: lines, Rate: rate.Inf, Tell: &told, Start: time.Now(), Now: time.Now}
	ended := make(chan error, 1)
	go func() { ended <- job.Run(ctx, p) }()
	for range 3 {
		fmt.Fprintln(more, `{"project_id": 7, "fingerprint": ["a"]}`)
	}
	interrupt() // while it waits for a further line
	if err := <-ended; err == nil || !strings.HasPrefix(err.Error(), "interrupted after line ") {
		t.Errorf("it ended with %v", err)
	}
	if !strings.Contains(told.String(), " sent, 0 refused, ") {
		t.Errorf("told %q", told.String())
	}
}
