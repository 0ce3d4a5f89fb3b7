// Package produce sends a file of messages to Kafka, one a line.
package produce

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/picket-io/picket/pkg/producer"
)

const (
	maxLine       = 4 << 20
	progressEvery = 200 * time.Millisecond
)

// Job is a file to send.
type Job struct {
	In    io.Reader
	Size  int64      // of In, 0 when it is not known
	Rate  rate.Limit // messages a second
	Live  bool       // show progress all the time, on one line, and not only at the end
	Tell  io.Writer
	Start time.Time
	Now   func() time.Time

	lines   int
	read    int64
	refused int
	sent    atomic.Int64
	failed  atomic.Int64
}

// Run sends the lines. A line that is no message is told and left out; the error at the end says how many there were.
// A line without anything is nothing.
func (j *Job) Run(ctx context.Context, p *producer.Producer) error {
	limiter := rate.NewLimiter(j.Rate, 1)
	scanner := bufio.NewScanner(j.In)
	scanner.Buffer(nil, maxLine)
	told := j.Start
	for scanner.Scan() {
		j.lines++
		j.read += int64(len(scanner.Bytes())) + 1
		line := bytes.TrimSpace(scanner.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := j.send(ctx, p, limiter, line); err != nil {
			return err
		}
		if now := j.Now(); j.Live && now.Sub(told) >= progressEvery {
			j.progress()
			told = now
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("line %d: %w", j.lines+1, err)
	}
	if err := p.Flush(ctx); err != nil {
		return err
	}
	j.progress()
	fmt.Fprintln(j.Tell)
	if failed := j.failed.Load(); j.refused > 0 || failed > 0 {
		return fmt.Errorf("%d messages refused, %d not sent", j.refused, failed)
	}
	return nil
}

func (j *Job) send(ctx context.Context, p *producer.Producer, limiter *rate.Limiter, line []byte) error {
	message, err := producer.JSON(line)
	if err != nil {
		j.refused++
		fmt.Fprintf(j.Tell, "%sline %d: %v\n", j.lineStart(), j.lines, err)
		return nil
	}
	if err := limiter.Wait(ctx); err != nil {
		return err
	}
	p.SendAsync(ctx, message, func(err error) {
		if err != nil {
			j.failed.Add(1)
			return
		}
		j.sent.Add(1)
	})
	return ctx.Err()
}
