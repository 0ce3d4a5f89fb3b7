package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/time/rate"

	pkgconfig "github.com/picket-io/picket/pkg/config"
	"github.com/picket-io/picket/pkg/producer"
	"github.com/picket-io/picket/services/ingest/internal/produce"
)

const pingTimeout = 10 * time.Second

// runProduce sends messages to the topic that the service reads, from a file or standard input.
func runProduce(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("picket-ingest produce", flag.ContinueOnError)
	file := flags.String("file", "-", "the `file` of messages, one a line as JSON; - is standard input")
	perSecond := flags.Float64("rate", 0, "how many messages are sent in a second; 0 is as many as can be")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unknown arguments %q: a file is named with -file", flags.Args())
	}
	if *perSecond < 0 {
		return fmt.Errorf("the rate %v is negative", *perSecond)
	}
	cfg, err := pkgconfig.Load[KafkaConfig]()
	if err != nil {
		return err
	}
	if len(cfg.KafkaBrokers) == 0 {
		return errors.New("PICKET_KAFKA_BROKERS names no broker")
	}
	in, size, err := open(*file)
	if err != nil {
		return err
	}
	defer in.Close()
	p, err := producer.New(producer.Config{Brokers: cfg.KafkaBrokers, Topic: cfg.KafkaTopic})
	if err != nil {
		return err
	}
	defer p.Close()
	if err := ping(ctx, p); err != nil {
		return fmt.Errorf("no broker of %v answers: %w", cfg.KafkaBrokers, err)
	}
	limit := rate.Inf
	if *perSecond > 0 {
		limit = rate.Limit(*perSecond)
	}
	job := produce.Job{In: in, Size: size, Rate: limit, Live: isTerminal(os.Stderr), Tell: os.Stderr, Start: time.Now(), Now: time.Now}
	return job.Run(ctx, p)
}

func ping(ctx context.Context, p *producer.Producer) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return p.Ping(ctx)
}

// open gives a file and its size, which is 0 for what is no file on disk.
func open(path string) (io.ReadCloser, int64, error) {
	file := os.Stdin
	if path != "-" {
		var err error
		if file, err = os.Open(path); err != nil { //nolint:gosec // the user names the file
			return nil, 0, err
		}
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return file, 0, err
	}
	return file, info.Size(), nil
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
