package demo

import (
	"bytes"
	_ "embed" // the sample
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
)

var (
	//go:embed sample/stream.ndjson
	streamSample []byte
	//go:embed sample/traces.ndjson
	tracesSample []byte
)

// entry is one line of the sample stream: an occurrence, perhaps several times, or a change of status.
type entry struct {
	At           duration          `json:"at"` // relative to the moment that the stream is moved to
	Every        duration          `json:"every"`
	Count        int               `json:"count"`
	Occurrence   *occurrence       `json:"occurrence"`
	StatusChange *statusChange     `json:"status_change"`
	Platform     string            `json:"platform"`
	Transaction  string            `json:"transaction"`
	Tags         map[string]string `json:"tags"`
	Trace        string            `json:"trace"`
	Span         string            `json:"span"`
	// These take turns.
	Environments []string `json:"environments"`
	Releases     []string `json:"releases"`
	Users        []string `json:"users"`
}

type occurrence struct {
	Type        int32             `json:"type"`
	Fingerprint []string          `json:"fingerprint"`
	Title       string            `json:"title"`
	Subtitle    string            `json:"subtitle"`
	Culprit     string            `json:"culprit"`
	Level       string            `json:"level"`
	Evidence    map[string]string `json:"evidence"`
}

type statusChange struct {
	Fingerprint []string `json:"fingerprint"`
	Status      string   `json:"status"`
	Substatus   string   `json:"substatus"`
}

type traceEntry struct {
	Trace string      `json:"trace"`
	At    duration    `json:"at"`
	Spans []spanEntry `json:"spans"`
}

type spanEntry struct {
	ID         string         `json:"id"`
	Parent     string         `json:"parent"`
	Service    string         `json:"service"`
	Kind       string         `json:"kind"`
	Name       string         `json:"name"`
	StartMS    int            `json:"start_ms"`
	DurationMS int            `json:"duration_ms"`
	Attributes map[string]any `json:"attributes"` // texts and whole numbers
	Error      string         `json:"error"`
}

// duration is written like -71h30m.
type duration time.Duration

func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}

func readSample[T any](raw []byte) ([]T, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var all []T
	for {
		var one T
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("sample entry %d: %w", len(all)+1, err)
		}
		all = append(all, one)
	}
}

// stableID names a thing of the sample: the same for the same moment, so that feeding the sample again counts
// nothing twice.
func stableID(anchor time.Time, name string, number int) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "picket-sample/%d/%s/%d", anchor.Unix(), name, number))
}

func turn(values []string, number int) string {
	if len(values) == 0 {
		return ""
	}
	return values[number%len(values)]
}
