package provision_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	provision "github.com/picket-io/picket/deploy/postgres"
)

var services = map[string]string{
	"ingest":   provision.Ingest,
	"grouping": provision.Grouping,
	"search":   provision.Search,
	"traces":   provision.Traces,
}

func TestEachServiceWritesToItsSchemaOnly(t *testing.T) {
	t.Parallel()
	database := provisioned(t)
	for schema, role := range services {
		conn := connect(t, database, role)
		for other := range services {
			_, err := conn.Exec(t.Context(), fmt.Sprintf(`CREATE TABLE %s.made_by_%s (id int)`, other, schema))
			if other == schema {
				if err != nil {
					t.Errorf("%s in its own schema: %v", role, err)
				}
				continue
			}
			wantDenied(t, fmt.Sprintf("%s makes a table in %s", role, other), err)
		}
		for _, elsewhere := range []string{"public", "grouping_read"} {
			if _, err := conn.Exec(t.Context(), fmt.Sprintf(`CREATE TABLE %s.made_by_%s (id int)`, elsewhere, schema)); role != provision.Grouping {
				wantDenied(t, fmt.Sprintf("%s makes a table in %s", role, elsewhere), err)
			}
		}
		_, err := conn.Exec(t.Context(), `CREATE SCHEMA mine`)
		wantDenied(t, role+" makes a schema", err)
	}
}

func TestUnqualifiedNamesAreThoseOfTheRolesOwnSchema(t *testing.T) {
	t.Parallel()
	database := provisioned(t)
	got, want := make(map[string]string), map[string]string{provision.SearchReader: "grouping_read"}
	for schema, role := range services {
		want[role] = schema
	}
	for role := range want {
		var schema string
		if err := connect(t, database, role).QueryRow(t.Context(), `SELECT current_schema()`).Scan(&schema); err != nil {
			t.Fatal(err)
		}
		got[role] = schema
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyThoseWhoNeedThemMakeTemporaryTables(t *testing.T) {
	t.Parallel()
	database := provisioned(t)
	for _, role := range []string{provision.Ingest, provision.Grouping, provision.Traces} {
		if _, err := connect(t, database, role).Exec(t.Context(), `CREATE TEMPORARY TABLE batch (id int)`); err != nil {
			t.Errorf("%s: %v", role, err)
		}
	}
	_, err := connect(t, database, provision.Search).Exec(t.Context(), `CREATE TEMPORARY TABLE batch (id int)`)
	wantDenied(t, "search makes a temporary table", err)
}

func TestSearchSeesGroupingThroughItsViewsAlone(t *testing.T) {
	t.Parallel()
	database := provisioned(t)
	grouping := connect(t, database, provision.Grouping)
	// As grouping's migrations do, after provisioning.
	mustExec(t, grouping, `CREATE TABLE groups (id int, secret text)`)
	mustExec(t, grouping, `INSERT INTO groups VALUES (1, 'x')`)
	mustExec(t, grouping, `CREATE VIEW grouping_read.groups AS SELECT id FROM grouping.groups`)

	reader := connect(t, database, provision.SearchReader)
	var id int
	if err := reader.QueryRow(t.Context(), `SELECT id FROM groups`).Scan(&id); err != nil || id != 1 {
		t.Errorf("the reader reads the view: %d, %v", id, err)
	}
	_, err := reader.Exec(t.Context(), `SELECT id FROM grouping.groups`)
	wantDenied(t, "the reader reads a table of grouping", err)
	_, err = reader.Exec(t.Context(), `CREATE TABLE grouping_read.mine (id int)`)
	wantCode(t, "the reader makes a table", err, "25006") // read_only_sql_transaction
	mustExec(t, reader, `SET default_transaction_read_only = off`)
	_, err = reader.Exec(t.Context(), `CREATE TABLE grouping_read.mine (id int)`)
	wantDenied(t, "the reader makes a table when it insists", err)
	_, err = reader.Exec(t.Context(), `INSERT INTO groups VALUES (2)`)
	wantDenied(t, "the reader writes when it insists", err)

	_, err = connect(t, database, provision.Search).Exec(t.Context(), `SELECT id FROM grouping.groups`)
	wantDenied(t, "search reads a table of grouping as its writer", err)
}

func TestOtherRolesOfTheClusterCannotConnect(t *testing.T) {
	t.Parallel()
	database := provisioned(t)
	role := strings.ReplaceAll(database, "provision", "stranger")
	admin := connectAdmin(t)
	mustExec(t, admin, fmt.Sprintf(`CREATE ROLE %s LOGIN PASSWORD 'stranger'`, role))
	t.Cleanup(func() { drop(t, `DROP ROLE `+role) })

	config := mustParse(t, adminURL(t))
	config.User, config.Password, config.Database = role, "stranger", database
	_, err := pgx.ConnectConfig(t.Context(), config)
	wantDenied(t, "a stranger connects", err)
}

func TestProvisioningAgainAndAtOnceChangesNothing(t *testing.T) {
	t.Parallel()
	database := provisioned(t)
	mustExec(t, connect(t, database, provision.Ingest), `CREATE TABLE kept (id int)`)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			// Locks hold within a database, roles are those of the cluster: half of them work from another database.
			admin := adminURL(t)
			if i%2 == 0 {
				admin = inDatabase(t, admin, database)
			}
			if err := provisionAll(t.Context(), admin, database); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	mustExec(t, connect(t, database, provision.Ingest), `INSERT INTO kept VALUES (1)`)
}

func TestAnAdministratorNeedNotBeASuperuser(t *testing.T) {
	t.Parallel()
	provisioned(t) // the roles
	name := databaseName(t)
	admin := connectAdmin(t)
	// Since PostgreSQL 16 whoever makes a role has it WITH ADMIN OPTION; these roles somebody else has made.
	mustExec(t, admin, fmt.Sprintf(`CREATE ROLE %s LOGIN CREATEROLE CREATEDB PASSWORD 'admin'`, name))
	t.Cleanup(func() {
		drop(t, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`)
		drop(t, `DROP ROLE `+name)
	})
	mustExec(t, admin, fmt.Sprintf(`GRANT picket_ingest, picket_grouping, picket_search, picket_traces, picket_search_reader TO %s WITH ADMIN OPTION`, name))

	config := mustParse(t, adminURL(t))
	creator := fmt.Sprintf("postgres://%s:admin@%s:%d/postgres?sslmode=disable", name, config.Host, config.Port)
	if err := provision.Roles(t.Context(), creator, nil); err != nil {
		t.Fatal(err)
	}
	if err := provision.Database(t.Context(), creator, name); err != nil {
		t.Fatal(err)
	}
	mustExec(t, connect(t, name, provision.Traces), `CREATE TABLE spans (id int)`)
}

// provisioned returns the name of a database that has been provisioned.
func provisioned(t *testing.T) string {
	t.Helper()
	name := databaseName(t)
	t.Cleanup(func() { drop(t, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`) })
	if err := provisionAll(t.Context(), adminURL(t), name); err != nil {
		t.Fatal(err)
	}
	return name
}

func provisionAll(ctx context.Context, adminURL, database string) error {
	passwords, err := provision.Passwords(adminURL)
	if err != nil {
		return err
	}
	if err := provision.Roles(ctx, adminURL, passwords); err != nil {
		return err
	}
	return provision.Database(ctx, adminURL, database)
}

func databaseName(t *testing.T) string {
	t.Helper()
	var hex string
	if err := connectAdmin(t).QueryRow(t.Context(), `SELECT replace(gen_random_uuid()::text, '-', '')`).Scan(&hex); err != nil {
		t.Fatal(err)
	}
	return "picket_provision_" + hex
}

func adminURL(t *testing.T) string {
	t.Helper()
	address := os.Getenv("PICKET_TEST_DATABASE_URL")
	if address == "" {
		t.Fatal("PICKET_TEST_DATABASE_URL is not set: run the tests with make test")
	}
	return address
}

func connectAdmin(t *testing.T) *pgx.Conn {
	t.Helper()
	return connectURL(t, adminURL(t))
}

func connect(t *testing.T, database, role string) *pgx.Conn {
	t.Helper()
	address, err := provision.URL(adminURL(t), role, database)
	if err != nil {
		t.Fatal(err)
	}
	return connectURL(t, address)
}

func inDatabase(t *testing.T, adminURL, database string) string {
	t.Helper()
	parsed, err := url.Parse(adminURL)
	if err != nil {
		t.Fatal(err)
	}
	parsed.Path = database
	return parsed.String()
}

func connectURL(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func drop(t *testing.T, statement string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), adminURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), statement); err != nil {
		t.Error(err)
	}
}

func mustExec(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func mustParse(t *testing.T, address string) *pgx.ConnConfig {
	t.Helper()
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func wantDenied(t *testing.T, what string, err error) {
	t.Helper()
	wantCode(t, what, err, "42501") // insufficient_privilege
}

func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || pgErr.Code != code {
		t.Errorf("%s: got %v, want SQLSTATE %s", what, err, code)
	}
}
