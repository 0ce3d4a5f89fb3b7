package config

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type sample struct {
	DatabaseURL string    `env:"PICKET_DATABASE_URL,required,notEmpty"`
	Retention   Retention `env:"PICKET_RETENTION" envDefault:"2160h"`
	Brokers     []string  `env:"PICKET_KAFKA_BROKERS"`
}

func TestLoad(t *testing.T) {
	t.Parallel()
	readFile := func(path string) ([]byte, error) {
		if path == "/secrets/url" {
			return []byte("postgres://secret\n"), nil
		}
		return nil, errors.New("no such file")
	}
	defaults := sample{DatabaseURL: "postgres://x", Retention: Retention(2160 * time.Hour)}
	for name, tc := range map[string]struct {
		environ []string
		want    sample
		failure string
	}{
		"defaults":                  {environ: []string{"PICKET_DATABASE_URL=postgres://x", "HOME=/"}, want: defaults},
		"a secret from a file":      {environ: []string{"PICKET_DATABASE_URL_FILE=/secrets/url"}, want: sample{DatabaseURL: "postgres://secret", Retention: Retention(2160 * time.Hour)}},
		"a list":                    {environ: []string{"PICKET_DATABASE_URL=postgres://x", "PICKET_KAFKA_BROKERS=a:1,b:2"}, want: sample{DatabaseURL: "postgres://x", Retention: Retention(2160 * time.Hour), Brokers: []string{"a:1", "b:2"}}},
		"another program's name":    {environ: []string{"PICKET_DATABASE_URL=postgres://x", "PICKET_OTLP_GRPC_ADDR=:4317"}, want: defaults},
		"a misspelt name":           {environ: []string{"PICKET_DATABASE_URI=postgres://x"}, failure: "PICKET_DATABASE_URI is not a name that Picket knows; did you mean PICKET_DATABASE_URL?"},
		"an absent value":           {failure: "PICKET_DATABASE_URL"},
		"a malformed value":         {environ: []string{"PICKET_DATABASE_URL=postgres://x", "PICKET_RETENTION=ninety"}, failure: `PICKET_RETENTION: time: invalid duration "ninety"`},
		"a retention that destroys": {environ: []string{"PICKET_DATABASE_URL=postgres://x", "PICKET_RETENTION=-168h"}, failure: "PICKET_RETENTION: -168h0m0s is less than 24h0m0s"},
		"a missing file":            {environ: []string{"PICKET_DATABASE_URL_FILE=/nowhere"}, failure: "PICKET_DATABASE_URL_FILE: no such file"},
		"a name given both ways":    {environ: []string{"PICKET_DATABASE_URL=x", "PICKET_DATABASE_URL_FILE=/secrets/url"}, failure: "both set"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := load[sample](tc.environ, readFile)
			if tc.failure != "" {
				if err == nil || !strings.Contains(err.Error(), tc.failure) {
					t.Fatalf("error %v does not say %q", err, tc.failure)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAProgramThatReadsAnUnknownNameDoesNotStart(t *testing.T) {
	t.Parallel()
	type unlisted struct {
		Inner struct {
			Colour string `env:"PICKET_COLOUR"`
		}
	}
	const want = "configuration: PICKET_COLOUR is read but missing in the list of known names"
	if _, err := load[unlisted](nil, nil); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
