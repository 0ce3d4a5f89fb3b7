package testdb

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/pkg/postgres"
)

// Names end in the key of an advisory lock that is held while the database is in use, so that any process can tell
// what a killed one has left behind:
//
//	picket_template_<key>        shared by the processes that clone it; the key is its content's hash
//	picket_test_<key>_<serial>   the databases of one process; the key is that process's
const (
	templatePrefix = "picket_template_"
	testPrefix     = "picket_test_"
	making         = "picket_template_making"
)

// The first numbers of the advisory locks.
const (
	makingLock int32 = iota + 740513
	templateLock
	processLock
)

// A server is the PostgreSQL that this process's tests share.
type server struct {
	adminURL string
	pool     *pgxpool.Pool
	template string
	prefix   string // of this process's databases
	// Held, not only opened: the collector closes a connection that nothing refers to, and another process would take
	// this one for killed and drop its databases under running tests.
	locks *pgx.Conn
}

var connectOnce = sync.OnceValues(func() (*server, error) { return connect(context.Background(), os.Getenv(databaseURL)) })

// connect prepares the template, unless another process has. Its locks are held by a connection that is never closed:
// they last as long as this process.
func connect(ctx context.Context, adminURL string) (*server, error) {
	pool, err := pgxpool.New(ctx, adminURL)
	if err != nil {
		return nil, err
	}
	locks, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return nil, err
	}
	templateKey, err := contentKey(adminURL, migrations)
	if err != nil {
		return nil, err
	}
	processKey := rand.Uint32() // need only differ from the few others
	s := &server{
		adminURL: adminURL,
		pool:     pool,
		template: templatePrefix + formatKey(templateKey),
		prefix:   testPrefix + formatKey(processKey) + "_",
		locks:    locks,
	}
	if _, err := locks.Exec(ctx, `SELECT pg_advisory_lock_shared($1, $2)`, templateLock, int32(templateKey)); err != nil {
		return nil, err
	}
	if _, err := locks.Exec(ctx, `SELECT pg_advisory_lock($1, $2)`, processLock, int32(processKey)); err != nil {
		return nil, err
	}
	if _, err := locks.Exec(ctx, `SELECT pg_advisory_lock($1, 0)`, makingLock); err != nil {
		return nil, err
	}
	if err := s.sweep(ctx, locks); err != nil {
		return nil, fmt.Errorf("drop old databases: %w", err)
	}
	if err := s.makeTemplate(ctx); err != nil {
		return nil, fmt.Errorf("make template: %w", err)
	}
	_, err = locks.Exec(ctx, `SELECT pg_advisory_unlock($1, 0)`, makingLock)
	return s, err
}

// makeTemplate makes the template under another name, so that one under its own is whole.
func (s *server) makeTemplate(ctx context.Context) error {
	var exists bool
	if err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, s.template).Scan(&exists); err != nil || exists {
		return err
	}
	passwords, err := provision.Passwords(s.adminURL)
	if err != nil {
		return err
	}
	if err := provision.Roles(ctx, s.adminURL, passwords); err != nil {
		return err
	}
	if err := s.drop(ctx, making); err != nil {
		return err
	}
	if err := provision.Database(ctx, s.adminURL, making); err != nil {
		return err
	}
	for _, m := range migrations {
		url, err := provision.URL(s.adminURL, m.Role, making)
		if err != nil {
			return err
		}
		if err := postgres.Migrate(ctx, url, m.Schema, m.FS); err != nil {
			return err
		}
	}
	// A database can be cloned only while nobody is connected to it.
	if _, err := s.pool.Exec(ctx, `ALTER DATABASE `+making+` WITH ALLOW_CONNECTIONS false`); err != nil {
		return err
	}
	_, err = s.pool.Exec(ctx, `ALTER DATABASE `+making+` RENAME TO `+pgx.Identifier{s.template}.Sanitize())
	return err
}

// sweep drops templates of other contents and databases of other processes that nobody uses.
func (s *server) sweep(ctx context.Context, locks *pgx.Conn) error {
	rows, err := s.pool.Query(ctx, `SELECT datname FROM pg_database WHERE starts_with(datname, $1) OR starts_with(datname, $2)`, templatePrefix, testPrefix)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		class, key, ok := lockOf(name)
		if !ok || name == s.template || strings.HasPrefix(name, s.prefix) {
			continue
		}
		var unused bool
		if err := locks.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, $2)`, class, int32(key)).Scan(&unused); err != nil {
			return err
		}
		if !unused {
			continue
		}
		if err := s.drop(ctx, name); err != nil {
			return err
		}
		if _, err := locks.Exec(ctx, `SELECT pg_advisory_unlock($1, $2)`, class, int32(key)); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) drop(ctx context.Context, database string) error {
	_, err := s.pool.Exec(ctx, `DROP DATABASE IF EXISTS `+pgx.Identifier{database}.Sanitize()+` WITH (FORCE)`)
	return err
}

// lockOf returns the lock that the users of a database hold.
func lockOf(database string) (class int32, key uint32, ok bool) {
	class = templateLock
	text, isTemplate := strings.CutPrefix(database, templatePrefix)
	if !isTemplate {
		class = processLock
		text, _, _ = strings.Cut(strings.TrimPrefix(database, testPrefix), "_")
	}
	number, err := strconv.ParseUint(text, 16, 32)
	return class, uint32(number), err == nil
}

func formatKey(key uint32) string { return fmt.Sprintf("%08x", key) }

// contentKey hashes all that a template is made of. The administrator's URL is part of it: the roles' passwords come
// from there.
func contentKey(adminURL string, migrations []migration) (uint32, error) {
	hash := sha256.New()
	fmt.Fprintln(hash, adminURL, provision.SQL())
	for _, m := range migrations {
		err := fs.WalkDir(m.FS, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := fs.ReadFile(m.FS, path)
			fmt.Fprintln(hash, m.Role, m.Schema, path, hex.EncodeToString(text))
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return binary.BigEndian.Uint32(hash.Sum(nil)), nil
}
