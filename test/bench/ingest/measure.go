package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
)

// footprint is what is there at a moment.
type footprint struct {
	events       int64
	bytes        int64 // that were sent
	ingestDisk   int64
	groupingDisk int64
	ingestCPU    time.Duration
	groupingCPU  time.Duration
	postgresCPU  time.Duration    // of the whole server
	loadCPU      time.Duration    // of this program
	relations    map[string]int64 // bytes of tables and indexes, all partitions of one together
}

func (f footprint) disk() int64 { return f.ingestDisk + f.groupingDisk }

func (f footprint) cpu() time.Duration {
	return f.ingestCPU + f.groupingCPU + f.postgresCPU + f.loadCPU
}

const schemaSize = `
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind = 'r'`

const relationSizes = `
SELECT n.nspname || '.' || regexp_replace(c.relname, '_p[0-9]{8}', ''),
       sum(CASE c.relkind WHEN 'i' THEN pg_relation_size(c.oid) ELSE pg_table_size(c.oid) END)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('ingest', 'grouping') AND c.relkind IN ('r', 'i') GROUP BY 1`

func (in *installation) relationSizes(ctx context.Context) (map[string]int64, error) {
	rows, err := in.admin.Query(ctx, relationSizes)
	if err != nil {
		return nil, err
	}
	relations, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		Name string
		Size int64
	}])
	sizes := map[string]int64{}
	for _, relation := range relations {
		sizes[relation.Name] = relation.Size
	}
	return sizes, err
}

// printRelations prints what has grown by a byte an occurrence or more.
func printRelations(before, after footprint) {
	grown := map[string]float64{}
	for name, size := range after.relations {
		if bytes := float64(size-before.relations[name]) / float64(after.events-before.events); bytes >= 1 {
			grown[name] = bytes
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(grown), func(a, b string) int { return cmp.Compare(grown[b], grown[a]) }) {
		fmt.Printf("                %8.0f B %s\n", grown[name], name)
	}
}

// printProcessor prints who took how much time for each occurrence.
func printProcessor(before, after footprint) {
	events := float64(after.events - before.events)
	per := func(before, after time.Duration) float64 { return float64((after - before).Microseconds()) / events }
	fmt.Printf("processor       %8.0f us an occurrence: ingest %.0f, grouping %.0f, PostgreSQL %.0f, sending the load %.0f\n",
		per(before.cpu(), after.cpu()), per(before.ingestCPU, after.ingestCPU), per(before.groupingCPU, after.groupingCPU),
		per(before.postgresCPU, after.postgresCPU), per(before.loadCPU, after.loadCPU))
}

func (in *installation) measure(ctx context.Context, l *load) (footprint, error) {
	f := footprint{events: l.sent.Load(), bytes: l.bytes.Load()}
	err1 := in.admin.QueryRow(ctx, schemaSize, "ingest").Scan(&f.ingestDisk)
	err2 := in.admin.QueryRow(ctx, schemaSize, "grouping").Scan(&f.groupingDisk)
	var err3, err4 error
	f.relations, err3 = in.relationSizes(ctx)
	f.postgresCPU, err4 = in.postgresCPU(ctx)
	f.ingestCPU = processOf(in.programs["ingest"].Process.Pid).cpu
	f.groupingCPU = processOf(in.programs["grouping"].Process.Pid).cpu
	f.loadCPU = processOf(os.Getpid()).cpu - l.making
	return f, firstOf(err1, err2, err3, err4)
}

func (in *installation) printSettings(ctx context.Context) error {
	var version, fsync, commit, buffers string
	err := in.admin.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit'), current_setting('shared_buffers')`).
		Scan(&version, &fsync, &commit, &buffers)
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("PostgreSQL %s, fsync %s, synchronous_commit %s, shared_buffers %s; load of the machine %s\n", version, fsync, commit, buffers, strings.TrimSpace(string(load)))
	return err
}

func (in *installation) printMemory() error {
	var parts []string
	sum := 0
	for _, name := range []string{"ingest", "grouping"} {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", in.programs[name].Process.Pid))
		if err != nil {
			return err
		}
		_, rest, _ := strings.Cut(string(status), "VmRSS:")
		kilobytes := 0
		if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
			return err
		}
		sum += kilobytes
		parts = append(parts, fmt.Sprintf("%s %d", name, kilobytes>>10))
	}
	fmt.Printf("memory          %8d MB resident: %s\n", sum>>10, strings.Join(parts, ", "))
	return nil
}

// checkCount holds the outcomes against what was confirmed, so that nothing measured was lost.
func (in *installation) checkCount(ctx context.Context, l *load) error {
	now := time.Now()
	resp, err := in.ingest.GetOutcomes(ctx, &ingestv1.GetOutcomesRequest{
		ProjectId: project, StartTime: timestamppb.New(now.Add(-time.Hour)), EndTime: timestamppb.New(now.Add(time.Hour)),
	})
	if err != nil {
		return err
	}
	var accepted int64
	for _, count := range resp.GetCounts() {
		if count.GetTerm() == ingestv1.OutcomeTerm_OUTCOME_TERM_ACCEPTED {
			accepted += count.GetCount()
		}
	}
	var indexed int64
	if err := in.admin.QueryRow(ctx, `SELECT count(*) FROM grouping.event_index`).Scan(&indexed); err != nil {
		return err
	}
	fmt.Printf("confirmed       %8d, accepted by GetOutcomes %d, in the event index %d\n", l.sent.Load(), accepted, indexed)
	if accepted != l.sent.Load() || indexed != accepted {
		return fmt.Errorf("%d were confirmed, %d accepted, %d indexed", l.sent.Load(), accepted, indexed)
	}
	return nil
}

const copyTable = `
CREATE TABLE floor (project_id bigint NOT NULL, id uuid NOT NULL, group_id bigint NOT NULL, at timestamptz NOT NULL, body text NOT NULL,
                    PRIMARY KEY (project_id, id));
CREATE INDEX ON floor (project_id, at);
CREATE INDEX ON floor (project_id, group_id, at);
ALTER TABLE floor ALTER COLUMN body SET STORAGE EXTERNAL`

// copyFloor copies events as they are, a commit for each 10,000, and gives rows per second. Making them takes no time of it.
func (in *installation) copyFloor(ctx context.Context, length time.Duration) (float64, error) {
	const rows = 10_000
	if _, err := in.admin.Exec(ctx, copyTable); err != nil {
		return 0, err
	}
	random := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(random, 1.1, 1, fingerprints-1)
	var took time.Duration
	var copied int64
	for took < length {
		page := make([][]any, rows)
		for i := range page {
			n, now := zipf.Uint64(), time.Now()
			page[i] = []any{int64(project), [16]byte(uuid.New()), int64(n), now, string(newEvent(random, n, now))}
		}
		began := time.Now()
		n, err := in.admin.CopyFrom(ctx, pgx.Identifier{"floor"}, []string{"project_id", "id", "group_id", "at", "body"}, pgx.CopyFromRows(page))
		if err != nil {
			return 0, err
		}
		took, copied = took+time.Since(began), copied+n
	}
	_, err := in.admin.Exec(ctx, `DROP TABLE floor`)
	return float64(copied) / took.Seconds(), err
}
