package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	provision "github.com/picket-io/picket/deploy/postgres"
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
)

// ownPostgres runs a PostgreSQL of the test's own, which may crash, and gives its administrator's URL and its log.
func ownPostgres(t *testing.T) (adminURL, log string) {
	t.Helper()
	dir, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	const announce = `echo "$PICKET_TEST_DATABASE_URL $PICKET_TEST_DATABASE_LOG"; cat >/dev/null` // until its input ends
	cmd := exec.Command(filepath.Join(dir, "local"), "-durable", "exec", "--", "sh", "-c", announce)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PICKET_TEST_DATABASE_URL=") })
	cmd.Stderr = os.Stderr
	input, err1 := cmd.StdinPipe()
	output, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	adminURL, log, _ = strings.Cut(strings.TrimSpace(line), " ")
	return adminURL, log
}

// ownDatabase makes a database with the schema of grouping, and gives the URL of its owner.
func ownDatabase(t *testing.T, adminURL string) string {
	t.Helper()
	const name = "picket"
	passwords, err := provision.Passwords(adminURL)
	if err != nil {
		t.Fatal(err)
	}
	if err := provision.Roles(t.Context(), adminURL, passwords); err != nil {
		t.Fatal(err)
	}
	if err := provision.Database(t.Context(), adminURL, name); err != nil {
		t.Fatal(err)
	}
	url, err := provision.URL(adminURL, provision.Grouping, name)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	migrate := exec.Command(filepath.Join(dir, "grouping"), "migrate")
	migrate.Env = []string{"PICKET_DATABASE_URL=" + url}
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return url
}

// crashPostgres kills a process of the server that works for grouping. The server then ends all of its processes and
// recovers from its log, as after the loss of its machine.
func crashPostgres(t *testing.T, adminURL string) {
	t.Helper()
	const selectBackend = `SELECT pid FROM pg_stat_activity WHERE usename = 'picket_grouping' ORDER BY state = 'active' DESC LIMIT 1`
	var conn *pgx.Conn
	var pid int
	eventually(t, recovery, "the server works for grouping", func() bool { // it may still recover from the crash before
		var err error
		if conn == nil || conn.IsClosed() {
			conn, err = pgx.Connect(t.Context(), adminURL)
		}
		return err == nil && conn.QueryRow(t.Context(), selectBackend).Scan(&pid) == nil
	})
	defer conn.Close(t.Context())
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, recovery, "the server ends its processes", func() bool { return conn.Ping(t.Context()) != nil })
}

const crashIssues = 30

var crashesBegan = time.Now().UTC().Truncate(24 * time.Hour)

// crashItems are those of issues each of which has another number of items.
func crashItems(projectID int64) [][]*groupingv1.Item {
	// The same for both projects, and late enough that no sweep finds an issue old.
	began := crashesBegan.Add(-3 * 24 * time.Hour)
	var batches [][]*groupingv1.Item
	serial := 0
	for issue := range crashIssues {
		for n := range 20 + issue {
			serial++
			id := strings.ReplaceAll(uuid.NewSHA1(uuid.Nil, fmt.Append(nil, serial)).String(), "-", "")
			part := []string{fmt.Sprint("p", issue), fmt.Sprint("q", issue)}
			if n%3 == 1 {
				part = part[1:]
			}
			if n == 0 || serial%10 == 0 {
				batches = append(batches, nil)
			}
			at := began.Add(time.Duration(serial*7919%100_000) * time.Second)
			last := len(batches) - 1
			batches[last] = append(batches[last], errorItem(projectID, id, at, fmt.Sprint("u", serial%13), part...))
		}
	}
	return batches
}

// sendAll sends the batches of an issue in order, each until it is acknowledged.
func (r *replicas) sendAll(t *testing.T, projectID int64, acknowledged *atomic.Int64) {
	t.Helper()
	batches := crashItems(projectID)
	perSender := make([][][]*groupingv1.Item, senders)
	for _, batch := range batches {
		// All batches of an issue have one sender: its first item, which names both parts, comes first.
		title := batch[0].GetOccurrence().GetTitle()
		of := int(title[len(title)-1]) % senders
		perSender[of] = append(perSender[of], batch)
	}
	var sending sync.WaitGroup
	for sender, own := range perSender {
		sending.Go(func() {
			for _, batch := range own {
				for {
					if _, err := r.assign(t.Context(), sender, batch...); err == nil {
						break
					}
					select {
					case <-time.After(betweenTries):
					case <-t.Context().Done():
						return
					}
				}
				acknowledged.Add(int64(len(batch)))
			}
		})
	}
	sending.Wait()
}

// mergeHalf merges half of the issues. The caller's process may die meanwhile.
func (r *replicas) mergeHalf(t *testing.T, projectID int64, meanwhile func()) {
	t.Helper()
	var ids []int64
	err := r.pool.QueryRow(t.Context(), `
SELECT array_agg(group_id) FROM (SELECT group_id FROM group_counters WHERE project_id = $1 ORDER BY times_seen DESC LIMIT $2) g`, projectID, crashIssues/2).Scan(&ids)
	if err != nil {
		t.Fatal(err)
	}
	merge := func(replica int) error {
		_, err := r.clients[replica].MergeGroups(t.Context(), &groupingv1.MergeGroupsRequest{
			Selection: &groupingv1.GroupSelection{ProjectId: projectID, GroupIds: ids},
		})
		return err
	}
	var merging sync.WaitGroup
	merging.Go(func() { _ = merge(0) }) // it is tried again
	meanwhile()
	merging.Wait()
	eventually(t, recovery, "merged", func() bool {
		err := merge(1)
		return err == nil || status.Code(err) == codes.NotFound // it was merged before
	})
}

// finalState is what a project has in the end. Groups are named by their first hash.
const finalState = `
WITH named AS (SELECT project_id, group_id, min(hash::text) AS name FROM group_hashes GROUP BY 1, 2)
SELECT concat_ws(' ', 'a hash', h.hash, n.name, c.times_seen, c.first_seen, c.last_seen, c.last_item_id, c.text) FROM group_hashes h
JOIN named n USING (project_id, group_id) LEFT JOIN hash_counters c ON c.project_id = h.project_id AND c.hash = h.hash WHERE h.project_id = $1
UNION ALL
SELECT concat_ws(' ', 'a group', n.name, c.times_seen, c.users_seen, c.hashes, c.last_seen, g.first_seen, g.title, g.status, g.substatus)
FROM groups g JOIN group_counters c ON c.project_id = g.project_id AND c.group_id = g.id
JOIN named n ON n.project_id = g.project_id AND n.group_id = g.id WHERE g.project_id = $1
UNION ALL
SELECT concat_ws(' ', 'day', n.name, d.environment, d.day, d.hash, d.events, d.hours) FROM group_days d JOIN named n USING (project_id, group_id) WHERE project_id = $1
UNION ALL
SELECT concat_ws(' ', 'user', n.name, u.user_key, u.environment, u.hash, u.first_day, u.last_day) FROM group_users u
JOIN named n USING (project_id, group_id) WHERE project_id = $1
UNION ALL
SELECT concat_ws(' ', 'counts', n.name, c.environment, c.events, c.users) FROM grouping_read.issue_environment_counts c
JOIN named n USING (project_id, group_id) WHERE project_id = $1
UNION ALL
SELECT concat_ws(' ', 'event', n.name, e.item_id, e.hash, e.seen_time) FROM event_index e JOIN named n USING (project_id, group_id) WHERE project_id = $1
UNION ALL
SELECT concat_ws(' ', 'outcome', outcome, sum(count)) FROM outcome_counts WHERE project_id = $1 GROUP BY outcome
UNION ALL
SELECT concat_ws(' ', 'redirect', n.name) FROM moves m JOIN named n ON n.project_id = m.project_id AND n.group_id = m.leads_to WHERE m.project_id = $1`

func (r *replicas) finalState(t *testing.T, projectID int64) []string {
	t.Helper()
	rows, err := r.pool.Query(t.Context(), finalState, projectID)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

func TestCrashesOfGroupingAndPostgresEndAsACleanRun(t *testing.T) {
	t.Parallel()
	adminURL, log := ownPostgres(t)
	r := newReplicas(t, 2, ownDatabase(t, adminURL), log)
	restart := func(replica int) {
		r.services[replica].kill(t)
		r.services[replica].start(t)
		r.services[replica].awaitServing(t)
	}
	var acknowledged atomic.Int64
	var sending sync.WaitGroup
	sending.Go(func() { r.sendAll(t, 1, &acknowledged) })
	for i, crash := range []func(){
		func() { restart(0) }, func() { crashPostgres(t, adminURL) }, func() { restart(1) }, func() { crashPostgres(t, adminURL) },
	} {
		at := int64(100 * (i + 1)) // of a thousand
		eventually(t, recovery, fmt.Sprint(at, " items are acknowledged"), func() bool { return acknowledged.Load() >= at })
		crash()
	}
	sending.Wait()
	eventually(t, recovery, "the server has recovered", func() bool { return r.pool.Ping(t.Context()) == nil })
	r.mergeHalf(t, 1, func() { restart(0) })
	r.audit(t)

	r.sendAll(t, 2, &acknowledged)
	r.mergeHalf(t, 2, func() {})
	r.audit(t)
	crashed, clean := r.finalState(t, 1), r.finalState(t, 2)
	t.Logf("%d rows of state", len(clean))
	reportOnly(t, "after crashes", crashed, clean)
	reportOnly(t, "in the clean run", clean, crashed)
}

// reportOnly reports the first of the rows that others lack.
func reportOnly(t *testing.T, where string, rows, others []string) {
	t.Helper()
	const shown = 10
	rows = slices.DeleteFunc(slices.Clone(rows), func(row string) bool { _, found := slices.BinarySearch(others, row); return found })
	if len(rows) > 0 {
		t.Errorf("%d rows are only there %s: %s", len(rows), where, strings.Join(rows[:min(shown, len(rows))], "\n"))
	}
}
