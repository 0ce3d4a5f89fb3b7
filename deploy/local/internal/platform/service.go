// Package platform starts Picket's four services from the programs that the clone builds, and knows what each needs in
// its environment.
package platform

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/picket-io/picket/deploy/local/internal/port"
	provision "github.com/picket-io/picket/deploy/postgres"
)

// A Service is one of the four.
type Service struct {
	Name string
	// Listens are the addresses it listens on, the first that of its API. There are none before it has started.
	Listens []Listen

	role  string
	doors []door
	calls []string
	// environment is what sets this service apart from the others.
	environment map[string]string
	claims      []io.Closer // of the usual ports that it has
}

// A Listen is an address that a service listens on.
type Listen struct {
	Protocol string
	Address  string
	// Wanted is the port that it should have been, when somebody else had that; else 0.
	Wanted int
}

// GRPC is the address of the service's API, once it has started.
func (s *Service) GRPC() string { return s.Listens[0].Address }

// OTLP is where traces takes spans by gRPC, once it has started.
func (s *Service) OTLP() string { return s.Listens[1].Address }

// Set adds a variable to the service's environment.
func (s *Service) Set(name, value string) { s.environment[name] = value }

// program is the name of its binary.
func (s *Service) program() string { return "picket-" + s.Name }

// A door is somewhere to listen. Port 0 leaves the choice to the machine.
type door struct {
	variable string
	protocol string
	port     int
}

var metrics = door{"PICKET_METRICS_ADDR", "metrics", 0}

// services are all four, each after those that it calls: so they start, and stop in reverse.
func services() []*Service {
	return []*Service{
		{
			Name: "grouping", role: provision.Grouping,
			doors: []door{{"PICKET_GRPC_ADDR", "gRPC", 50052}, metrics},
		},
		{
			Name: "ingest", role: provision.Ingest,
			doors: []door{{"PICKET_GRPC_ADDR", "gRPC", 50051}, metrics},
			calls: []string{"grouping"},
		},
		{
			Name: "traces", role: provision.Traces,
			doors: []door{
				{"PICKET_GRPC_ADDR", "gRPC", 50054},
				{"PICKET_OTLP_GRPC_ADDR", "OTLP/gRPC", 4317},
				{"PICKET_OTLP_HTTP_ADDR", "OTLP/HTTP", 4318},
				metrics,
			},
			calls: []string{"ingest", "grouping"},
		},
		{
			Name: "search", role: provision.Search,
			doors: []door{{"PICKET_GRPC_ADDR", "gRPC", 50053}, metrics},
			calls: []string{"grouping", "ingest", "traces"},
		},
	}
}

// Stores are where the services keep their data.
type Stores struct {
	AdminURL string // of the PostgreSQL
	Database string
	RedisURL string
}

// Services returns all four, none started, in the order in which they can start.
func Services(stores Stores) ([]*Service, error) {
	all := services()
	for _, s := range all {
		address, err := provision.URL(stores.AdminURL, s.role, stores.Database)
		if err != nil {
			return nil, err
		}
		s.environment = map[string]string{"PICKET_DATABASE_URL": address}
		switch s.Name {
		case "grouping":
			s.Set("PICKET_REDIS_URL", stores.RedisURL)
		case "search":
			if address, err = provision.URL(stores.AdminURL, provision.SearchReader, stores.Database); err != nil {
				return nil, err
			}
			s.Set("PICKET_READER_DATABASE_URL", address)
		}
	}
	return all, nil
}

// chooseAddresses gives the service addresses that are free now, the usual ones where they are.
func (s *Service) chooseAddresses(ctx context.Context) error {
	for _, claim := range s.claims {
		_ = claim.Close() // of a try before
	}
	s.Listens, s.claims = nil, nil
	for _, door := range s.doors {
		listen := Listen{Protocol: door.protocol, Address: port.Address(door.port)}
		if door.port == 0 || !s.claim(ctx, door.port) {
			free, err := port.Free(ctx)
			if err != nil {
				return err
			}
			listen.Address, listen.Wanted = port.Address(free), door.port
		}
		s.Listens = append(s.Listens, listen)
		s.Set(door.variable, listen.Address)
	}
	return nil
}

// claim takes a usual port for the service, unless somebody has it.
func (s *Service) claim(ctx context.Context, number int) bool {
	claim, ok := port.Claim(ctx, number)
	if ok {
		s.claims = append(s.claims, claim)
	}
	return ok
}

// reserved are the variables that this program reads itself or that differ between services: no service gets them from
// our environment.
var reserved = []string{
	"PICKET_DATABASE_URL", "PICKET_READER_DATABASE_URL", "PICKET_REDIS_URL",
	"PICKET_TEST_DATABASE_LOG", "PICKET_TEST_DATABASE_URL", "PICKET_TEST_REDIS_URL",
	"PICKET_GRPC_ADDR", "PICKET_METRICS_ADDR", "PICKET_OTLP_GRPC_ADDR", "PICKET_OTLP_HTTP_ADDR",
	"PICKET_INGEST_TARGET", "PICKET_GROUPING_TARGET", "PICKET_TRACES_TARGET",
}

// environ is what the service's process gets: what we got, less what is not for it, and its own.
func (s *Service) environ(ours []string) []string {
	environ := slices.DeleteFunc(slices.Clone(ours), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		name = strings.TrimSuffix(name, "_FILE")
		_, own := s.environment[name]
		return own || slices.Contains(reserved, name) || strings.HasPrefix(name, "PICKET_KAFKA_") && s.Name != "ingest"
	})
	for name, value := range s.environment {
		environ = append(environ, fmt.Sprintf("%s=%s", name, value))
	}
	return environ
}
