package server_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// Searches compare versions in SQL, regressions in Go.
func TestVersionsAreReadAlikeInTheDatabase(t *testing.T) {
	t.Parallel()
	ordered := []string{ // each after those before it
		"a@0.9", "a@1.0.0-1", "a@1.0.0-2", "a@1.0.0-10", "a@1.0.0-alpha", "a@1.0.0-alpha.1", "a@1.0.0-alpha.beta", "a@1.0.0-beta.2",
		"a@1.0.0-beta.11", "a@1.0.0-rc..1", "b@1", "c@1.0.0.1", "a@1.2", "a@1.10.3+7", "a@2.0.0-x-y+exp.sha", "x@y@3.0",
		"a@999999999999999999",
	}
	none := []string{
		"", "1.0.0", "@1.0.0", "a@", "a@1.", "a@1..2", "a@v1", "a@1.0.0-", "a@1.2.3.4.5", "a@1.0.0+b@c", "a@1000000000000000000", "a@1.0 ", "a@+1",
	}
	in := newInstallation(t)
	for _, version := range append(ordered, none...) {
		if _, err := in.pool(t).Exec(t.Context(), `INSERT INTO releases (project_id, version) VALUES (1, $1)`, version); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := in.db.Pool(t, provision.SearchReader).Query(t.Context(), `
		SELECT version, package, build, build_number FROM releases WHERE project_id = 1 AND major IS NOT NULL
		ORDER BY major, minor, patch, revision, prerelease_key`)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Version, Package, Build string
		BuildNumber             *int64
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil || len(found) != len(ordered) {
		t.Fatalf("%d of %d versions are semantic: %v, %v", len(found), len(ordered), found, err)
	}
	for i, version := range ordered {
		if found[i].Version != version {
			t.Errorf("%s stands where %s belongs", found[i].Version, version)
		}
		if i > 0 && grouping.LatestVersion(ordered[:i+1]) != version {
			t.Errorf("Go does not put %s last", version)
		}
	}
	for _, version := range none {
		if grouping.FollowsSemver([]string{version}) {
			t.Errorf("Go reads %q as a semantic version", version)
		}
	}
	if r := found[13]; r.Package != "a" || r.Build != "7" || r.BuildNumber == nil || *r.BuildNumber != 7 {
		t.Errorf("the parts are %+v", r)
	}
}
