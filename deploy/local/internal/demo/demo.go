// Package demo feeds a bundled sample of occurrences, status changes and traces to a running Picket, and shows what
// became of it.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/grpcclient"
)

// The organization and the project that a development installation has.
const (
	organizationID   = 1
	organizationSlug = "default"
	ProjectID        = 1
	projectSlug      = "shop"
)

// Targets are the addresses of the services.
type Targets struct {
	Ingest, Grouping, Search, OTLP string
}

// Demo is a sample on its way into an installation.
type Demo struct {
	targets   Targets
	anchor    time.Time
	ingest    ingestv1.IngestServiceClient
	directory groupingv1.DirectoryServiceClient
	search    searchv1.SearchServiceClient
	otlp      collectorv1.TraceServiceClient
	conns     []*grpc.ClientConn
}

// freshFor is how long the sample's times are taken for recent. After it the sample is moved to the present and fed
// as new.
const freshFor = 24 * time.Hour

// New connects to an installation. The moment that the sample is moved to is kept in a file of the folder, so that a
// sample fed again is the same one and counts nothing twice.
func New(targets Targets, folder string, now time.Time) (*Demo, error) {
	d := &Demo{targets: targets}
	var err error
	if d.anchor, err = anchorOf(filepath.Join(folder, "sample-anchor"), now); err != nil {
		return nil, err
	}
	dial := func(target string) grpc.ClientConnInterface {
		conn, dialErr := grpcclient.Dial(target)
		if dialErr != nil {
			err = dialErr
			return nil
		}
		d.conns = append(d.conns, conn)
		return conn
	}
	d.ingest = ingestv1.NewIngestServiceClient(dial(targets.Ingest))
	d.directory = groupingv1.NewDirectoryServiceClient(dial(targets.Grouping))
	d.search = searchv1.NewSearchServiceClient(dial(targets.Search))
	d.otlp = collectorv1.NewTraceServiceClient(dial(targets.OTLP))
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Close gives the connections back.
func (d *Demo) Close() {
	for _, conn := range d.conns {
		conn.Close()
	}
}

func anchorOf(path string, now time.Time) (anchor time.Time, err error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return anchor, err
	}
	anchor, err = time.Parse(time.RFC3339, strings.TrimSpace(string(text)))
	if err == nil && now.Sub(anchor) < freshFor {
		return anchor, nil
	}
	anchor = now.UTC().Truncate(time.Second)
	return anchor, os.WriteFile(path, []byte(anchor.Format(time.RFC3339)+"\n"), 0o600)
}

// MakeProject makes the default organization and project, where they are missing.
func (d *Demo) MakeProject(ctx context.Context) error {
	organization, project := int64(organizationID), int64(ProjectID)
	_, err := d.directory.CreateOrganization(ctx, &groupingv1.CreateOrganizationRequest{Slug: organizationSlug, OrganizationId: &organization})
	if err != nil && status.Code(err) != codes.AlreadyExists {
		return fmt.Errorf("make the default organization: %w", err)
	}
	_, err = d.directory.CreateProject(ctx, &groupingv1.CreateProjectRequest{
		OrganizationId: organization, Slug: projectSlug, ProjectId: &project, Platform: "go",
	})
	if err != nil && status.Code(err) != codes.AlreadyExists {
		return fmt.Errorf("make the default project: %w", err)
	}
	return nil
}

// Show prints the issues and one trace, with the calls that found them.
func (d *Demo) Show(ctx context.Context, out io.Writer) error {
	if err := d.showIssues(ctx, out); err != nil {
		return fmt.Errorf("search issues: %w", err)
	}
	if err := d.showTrace(ctx, out); err != nil {
		return fmt.Errorf("search traces: %w", err)
	}
	return nil
}
