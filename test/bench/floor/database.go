package floor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	connections = 32
	copyRows    = 10_000 // of a COPY and its commit
	copies      = 2
	bodyBytes   = 1_950 // of a row of 2 KB, which is not compressed
	lookupRows  = 10_000
	pageBytes   = 8192
	diskPages   = 512
)

const tables = `
CREATE TABLE commits (project_id bigint, id uuid, PRIMARY KEY (project_id, id));
CREATE TABLE rows (project_id bigint, id bigint, body text, PRIMARY KEY (project_id, id));
INSERT INTO rows SELECT 1, id, 'row ' || id FROM generate_series(1, %d) id;
ANALYZE rows`

func (m *Meter) makeDatabase(ctx context.Context) error {
	cfg, err := pgx.ParseConfig(m.options.DatabaseURL)
	if err != nil {
		return err
	}
	if m.admin, err = pgx.ConnectConfig(ctx, cfg); err != nil {
		return err
	}
	m.database = cfg.Copy()
	m.database.Database = fmt.Sprintf("picket_floor_%d", os.Getpid())
	if _, err := m.admin.Exec(ctx, "CREATE DATABASE "+m.database.Database); err != nil {
		return err
	}
	return m.connected(ctx, 1, func(conns []*pgx.Conn) error {
		_, err := conns[0].Exec(ctx, fmt.Sprintf(tables, lookupRows))
		return err
	})
}

func (m *Meter) dropDatabase(ctx context.Context) error {
	if m.database == nil {
		return nil
	}
	_, err := m.admin.Exec(ctx, "DROP DATABASE IF EXISTS "+m.database.Database+" WITH (FORCE)")
	return err
}

// connected connects for as long as do takes: what is idle while a service is measured would cost it snapshots.
func (m *Meter) connected(ctx context.Context, n int, do func([]*pgx.Conn) error) error {
	conns := make([]*pgx.Conn, 0, n)
	defer func() {
		for _, conn := range conns {
			conn.Close(ctx)
		}
	}()
	for range n {
		conn, err := pgx.ConnectConfig(ctx, m.database)
		if err != nil {
			return err
		}
		conns = append(conns, conn)
	}
	return do(conns)
}

// errElsewhere: the database's files are not on this machine, or not for this user.
var errElsewhere = errors.New("the database's folder cannot be written")

// fdatasync writes pages of a file that has its size already, as the database's log has.
func (m *Meter) fdatasync(ctx context.Context) (Figure, error) {
	var folder string
	if err := m.admin.QueryRow(ctx, `SHOW data_directory`).Scan(&folder); err != nil {
		return Figure{}, err
	}
	file, err := os.CreateTemp(filepath.Dir(folder), "picket-floor-")
	if err != nil {
		return Figure{}, errElsewhere
	}
	defer os.Remove(file.Name())
	defer file.Close()
	page := make([]byte, pageBytes)
	for n := range diskPages {
		if _, err := file.WriteAt(page, int64(n*pageBytes)); err != nil {
			return Figure{}, err
		}
	}
	if err := file.Sync(); err != nil {
		return Figure{}, err
	}
	n := 0
	return m.call(ctx, 1, func(context.Context, int) error {
		page[0]++
		if _, err := file.WriteAt(page, int64(n%diskPages*pageBytes)); err != nil {
			return err
		}
		n++
		return syscall.Fdatasync(int(file.Fd()))
	})
}

func (m *Meter) commit(ctx context.Context) (figure Figure, err error) {
	err = m.connected(ctx, 1, func(conns []*pgx.Conn) error {
		figure, err = m.call(ctx, 1, commitOn(conns))
		return err
	})
	return figure, err
}

func (m *Meter) commits(ctx context.Context) (figure Figure, err error) {
	err = m.connected(ctx, connections, func(conns []*pgx.Conn) error {
		figure, err = m.call(ctx, connections, commitOn(conns))
		return err
	})
	return figure, err
}

func (m *Meter) pacedCommits(ctx context.Context) (figure Figure, err error) {
	err = m.connected(ctx, pacedCallers, func(conns []*pgx.Conn) error {
		figure, err = m.paced(ctx, commitOn(conns))
		return err
	})
	return figure, err
}

func commitOn(conns []*pgx.Conn) func(context.Context, int) error {
	return func(ctx context.Context, caller int) error {
		_, err := conns[caller].Exec(ctx, `INSERT INTO commits VALUES (1, $1)`, [16]byte(uuid.New()))
		return err
	}
}

func (m *Meter) lookup(ctx context.Context) (figure Figure, err error) {
	err = m.connected(ctx, 1, func(conns []*pgx.Conn) error {
		n := 0
		figure, err = m.call(ctx, 1, func(ctx context.Context, _ int) error {
			n++
			var body string
			return conns[0].QueryRow(ctx, `SELECT body FROM rows WHERE project_id = 1 AND id = $1`, 1+n*7919%lookupRows).Scan(&body)
		})
		return err
	})
	return figure, err
}

func (m *Meter) copyBare(ctx context.Context) (Figure, error) {
	return m.copy(ctx, `CREATE TABLE copied (project_id bigint, id uuid, body bytea)`)
}

func (m *Meter) copyKeyed(ctx context.Context) (Figure, error) {
	return m.copy(ctx, `CREATE TABLE copied (project_id bigint, id uuid PRIMARY KEY, body bytea)`)
}

// copy takes as many rows whatever the time, so that it leaves as much to write behind. Making them takes no time of it.
func (m *Meter) copy(ctx context.Context, table string) (Figure, error) {
	var took time.Duration
	err := m.connected(ctx, 1, func(conns []*pgx.Conn) error {
		conn := conns[0]
		if _, err := conn.Exec(ctx, table); err != nil {
			return err
		}
		body := make([]byte, bodyBytes)
		for range copies {
			page := make([][]any, copyRows)
			for i := range page {
				page[i] = []any{int64(1), [16]byte(uuid.New()), body}
			}
			began := time.Now()
			_, err := conn.CopyFrom(ctx, pgx.Identifier{"copied"}, []string{"project_id", "id", "body"}, pgx.CopyFromRows(page))
			if err != nil {
				return err
			}
			took += time.Since(began)
		}
		_, err := conn.Exec(ctx, `DROP TABLE copied`)
		return err
	})
	return Figure{Rate: copies * copyRows / took.Seconds()}, err
}
