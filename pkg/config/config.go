// Package config reads a program's configuration from environment variables named PICKET_….
package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

const (
	prefix     = "PICKET_"
	fileSuffix = "_FILE"
)

// known are the names that any Picket program reads. A name outside it is a misspelling, and a program that ignored
// it would run with a default that nobody wanted. The services share a pod's or a shell's environment, so each of
// them accepts the names of all.
var known = []string{
	"PICKET_DATABASE_URL",
	"PICKET_DEFAULT_PROJECT_ID",
	"PICKET_GROUPING_TARGET",
	"PICKET_GRPC_ADDR",
	"PICKET_INGEST_TARGET",
	"PICKET_KAFKA_BROKERS",
	"PICKET_KAFKA_DEAD_LETTER_TOPIC",
	"PICKET_KAFKA_GROUP",
	"PICKET_KAFKA_MAX_INVALID_SHARE",
	"PICKET_KAFKA_PRUNE_STATUS_CHANGES",
	"PICKET_KAFKA_TOPIC",
	"PICKET_LOG_FORMAT",
	"PICKET_LOG_LEVEL",
	"PICKET_METRICS_ADDR",
	"PICKET_OTLP_GRPC_ADDR",
	"PICKET_OTLP_HTTP_ADDR",
	"PICKET_READER_DATABASE_URL",
	"PICKET_REDIS_URL",
	"PICKET_RETENTION",
	"PICKET_SEARCH_MAX_COST",
	"PICKET_SEARCH_TIMEOUT",
	"PICKET_TEST_DATABASE_LOG",
	"PICKET_TEST_DATABASE_URL",
	"PICKET_TEST_KAFKA",
	"PICKET_TEST_KAFKA_JARS",
	"PICKET_TEST_REDIS_URL",
	"PICKET_TRACES_TARGET",
}

// Load fills a struct whose fields carry `env` tags from the process's environment. PICKET_X_FILE gives the value
// of PICKET_X by the path of a file, for secrets. It fails on a value that cannot be parsed, on a required value that
// is absent, on a PICKET_ name that no Picket program knows, and on a name given both ways.
func Load[T any]() (T, error) {
	return load[T](os.Environ(), os.ReadFile)
}

func load[T any](environ []string, readFile func(string) ([]byte, error)) (T, error) {
	var cfg T
	if _, err := Names(&cfg); err != nil {
		return cfg, err
	}
	values, err := variables(environ, readFile)
	if err != nil {
		return cfg, err
	}
	if err := env.ParseWithOptions(&cfg, env.Options{Environment: values}); err != nil {
		return cfg, fmt.Errorf("configuration: %w", named(err, reflect.TypeOf(cfg)))
	}
	return cfg, nil
}

// named says of values that cannot be read which variables they are of; the library names the fields of the struct.
func named(err error, cfg reflect.Type) error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return err
	}
	described := make([]error, len(all.Errors))
	for i, one := range all.Errors {
		described[i] = one
		var malformed env.ParseError
		if errors.As(one, &malformed) {
			described[i] = fmt.Errorf("%s: %w", variableOf(cfg, malformed.Name), malformed.Err)
		}
	}
	return errors.Join(described...)
}

func variableOf(cfg reflect.Type, field string) string {
	for f := range cfg.Fields() {
		if f.Name == field {
			name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
			return name
		}
		if f.Type.Kind() == reflect.Struct {
			if name := variableOf(f.Type, field); name != "" {
				return name
			}
		}
	}
	return ""
}

// Names gives the names that a struct, by a pointer to it, reads by its `env` tags. A name that is not among those
// that Picket knows could never be given: it is an error of the program.
func Names(cfg any) ([]string, error) {
	fields, err := env.GetFieldParams(cfg)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	names := make([]string, 0, len(fields))
	for _, field := range fields {
		if !slices.Contains(known, field.Key) {
			return nil, fmt.Errorf("configuration: %s is read but missing in the list of known names", field.Key)
		}
		names = append(names, field.Key)
	}
	return names, nil
}

func variables(environ []string, readFile func(string) ([]byte, error)) (map[string]string, error) {
	values := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		target := name
		if base, isFile := strings.CutSuffix(name, fileSuffix); isFile && slices.Contains(known, base) {
			content, err := readFile(value)
			if err != nil {
				return nil, fmt.Errorf("configuration: %s: %w", name, err)
			}
			target, value = base, strings.TrimRight(string(content), "\r\n")
		}
		if !slices.Contains(known, target) {
			return nil, fmt.Errorf("configuration: %s is not a name that Picket knows%s", name, suggestion(name))
		}
		if _, twice := values[target]; twice {
			return nil, fmt.Errorf("configuration: %s and %s%s are both set", target, target, fileSuffix)
		}
		values[target] = value
	}
	return values, nil
}

// suggestion names the known name that shares the longest beginning with a misspelt one.
func suggestion(name string) string {
	best, length := "", len(prefix)
	for _, candidate := range known {
		if n := commonPrefix(name, candidate); n > length {
			best, length = candidate, n
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
