package provision_test

import (
	"strings"
	"testing"

	provision "github.com/picket-io/picket/deploy/postgres"
)

func TestURLKeepsTheServerAndReplacesTheUser(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, admin, want string }{
		{
			"a password of the role's own", "postgres://root:secret@db:5433/postgres?sslmode=require",
			"postgres://picket_ingest:15a3a6641d706d80e0ffbaad05977c77@db:5433/picket?sslmode=require",
		},
		{"none where the administrator has none", "postgres://root@db/postgres", "postgres://picket_ingest@db/picket"},
		{"a socket", "postgresql:///postgres?host=/run/postgresql", "postgresql://picket_ingest@/picket?host=/run/postgresql"},
	} {
		got, err := provision.URL(test.admin, provision.Ingest, "picket")
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

func TestErrorsDoNotRepeatThePassword(t *testing.T) {
	t.Parallel()
	for _, admin := range []string{"host=db password=secret", "postgres://root:secret@db:port/postgres", "postgres://root:secret@db"} {
		if _, err := provision.DatabaseName(admin); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", admin, err)
		}
	}
}
