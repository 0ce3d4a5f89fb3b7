// Package produce sends a file of messages to Kafka, one a line.
package produce

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/picket-io/picket/pkg/producer"
)

const (
	maxLine       = 4 << 20
	progressEvery = 200 * time.Millisecond
	maxTold       = 20 // messages that were not sent
	graceTime     = 5 * time.Second
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
	telling sync.Mutex // of the senders
}

// Run sends the lines. A line that is no message is told and left out; the error at the end says how many there were.
// A line without anything is nothing. Whatever ends it, the lines before are sent or counted as not sent.
func (j *Job) Run(ctx context.Context, p *producer.Producer) error {
	err := j.sendAll(ctx, p)
	if flushErr := p.Flush(ctx); err == nil {
		err = flushErr
	}
	if ctx.Err() != nil {
		// What is under way already comes to its end.
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceTime)
		defer cancel()
		p.Flush(grace) // or it is counted neither way
		err = fmt.Errorf("interrupted after line %d; what is sent again counts once", j.lines)
	}
	j.progress()
	fmt.Fprintln(j.Tell)
	if failed := j.failed.Load(); err == nil && (j.refused > 0 || failed > 0) {
		return fmt.Errorf("%d messages refused, %d not sent", j.refused, failed)
	}
	return err
}

func (j *Job) sendAll(ctx context.Context, p *producer.Producer) error {
	limiter := rate.NewLimiter(j.Rate, 1)
	lines, ended := j.readLines(ctx)
	told := j.Start
	for {
		select {
		case line := <-lines:
			if err := j.take(ctx, p, limiter, line); err != nil {
				return err
			}
		case err := <-ended:
			if err != nil {
				return fmt.Errorf("line %d: %w", j.lines+1, err)
			}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
		if now := j.Now(); j.Live && now.Sub(told) >= progressEvery {
			j.progress()
			told = now
		}
	}
}

// readLines reads in a goroutine of its own, because nothing interrupts who waits for a terminal or a pipe.
func (j *Job) readLines(ctx context.Context) (lines <-chan []byte, ended <-chan error) {
	out, end := make(chan []byte), make(chan error, 1)
	go func() {
		scanner := bufio.NewScanner(j.In)
		scanner.Buffer(nil, maxLine)
		for scanner.Scan() {
			select {
			case out <- slices.Clone(scanner.Bytes()):
			case <-ctx.Done():
				return
			}
		}
		end <- scanner.Err()
	}()
	return out, end
}

func (j *Job) take(ctx context.Context, p *producer.Producer, limiter *rate.Limiter, line []byte) error {
	j.lines++
	j.read += int64(len(line)) + 1
	if line = bytes.TrimSpace(line); len(line) == 0 {
		return nil
	}
	return j.send(ctx, p, limiter, line)
}

func (j *Job) send(ctx context.Context, p *producer.Producer, limiter *rate.Limiter, line []byte) error {
	number := j.lines
	message, err := producer.JSON(line)
	if err != nil {
		j.refused++
		j.tell(number, err)
		return nil
	}
	if err := limiter.Wait(ctx); err != nil {
		return err
	}
	p.SendAsync(ctx, message, func(err error) {
		if err == nil {
			j.sent.Add(1)
			return
		}
		if n := j.failed.Add(1); n <= maxTold && ctx.Err() == nil { // the rest has the same reason, most likely
			j.tell(number, fmt.Errorf("not sent: %w", err))
		}
	})
	return ctx.Err()
}

func (j *Job) tell(line int, err error) {
	j.telling.Lock()
	defer j.telling.Unlock()
	fmt.Fprintf(j.Tell, "%sline %d: %v\n", j.lineStart(), line, err)
}
