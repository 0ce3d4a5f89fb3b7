package main_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

func TestExecGivesTheCommandServersAndReturnsItsStatus(t *testing.T) {
	t.Parallel()
	c := newClone(t, nil)
	output, status := c.run(t, "exec", "--", "sh", "-c", "echo $PICKET_TEST_DATABASE_URL $PICKET_TEST_REDIS_URL; exit 7")
	if status != 7 {
		t.Errorf("status %d: %s", status, output)
	}
	urls := strings.Fields(output)
	if len(urls) != 2 {
		t.Fatal(output)
	}
	if _, err := pgx.Connect(t.Context(), urls[0]); err == nil {
		t.Error("PostgreSQL still runs")
	}
	options, err := redis.ParseURL(urls[1])
	if err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", options.Addr); err == nil {
		conn.Close()
		t.Error("Redis still runs")
	}
}

func TestExecServersAnswerTheirUserAndNobodyElse(t *testing.T) {
	t.Parallel()
	c := newClone(t, nil)
	session := c.start(t, "postgres:", "exec", "--", "sh", "-c", `
		echo "$PICKET_TEST_REDIS_URL $PICKET_TEST_DATABASE_URL" > urls; echo "$PICKET_TEST_DATABASE_URL"; exec cat`)
	text, err := os.ReadFile(c.path("urls"))
	if err != nil {
		t.Fatal(err)
	}
	redisURL, databaseURL, _ := strings.Cut(strings.TrimSpace(string(text)), " ")

	conn, err := pgx.Connect(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	var fsync, superuser string
	if err := conn.QueryRow(t.Context(), `SELECT current_setting('fsync'), current_setting('is_superuser')`).Scan(&fsync, &superuser); err != nil {
		t.Fatal(err)
	}
	if fsync != "off" || superuser != "on" {
		t.Errorf("fsync is %s, superuser %s", fsync, superuser)
	}
	conn.Close(t.Context())

	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	config.Password = "guessed"
	if _, err := pgx.ConnectConfig(t.Context(), config); err == nil {
		t.Error("PostgreSQL takes any password")
	}
	options, err := redis.ParseURL(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{options.Password: true, "": false, "guessed": false} {
		as := *options
		as.Password = password
		client := redis.NewClient(&as)
		if err := client.Ping(t.Context()).Err(); (err == nil) != want {
			t.Errorf("Redis with the password %q: %v", password, err)
		}
		client.Close()
	}

	session.signal(t, syscall.SIGTERM)
	if output, status := session.end(t); status != 128+int(syscall.SIGTERM) {
		t.Errorf("status %d: %s", status, output)
	}
}

func TestExecUsesTheServersThatTheEnvironmentNames(t *testing.T) {
	t.Parallel()
	c := newClone(t, nil)
	cmd := c.command(t.Context(), "exec", "--", "sh", "-c", "echo $PICKET_TEST_DATABASE_URL $PICKET_TEST_REDIS_URL")
	cmd.Env = []string{"PATH=" + onlyShell(t), "PICKET_TEST_DATABASE_URL=postgres://theirs", "PICKET_TEST_REDIS_URL=redis://theirs"}
	output, err := cmd.CombinedOutput()
	if err != nil || string(output) != "postgres://theirs redis://theirs\n" {
		t.Errorf("%v: %s", err, output)
	}
}

func TestExecHandsSignalsOn(t *testing.T) {
	t.Parallel()
	c := newClone(t, nil)
	session := c.start(t, "ready", "exec", "--", "sh", "-c", `trap 'echo told; exit 3' INT; echo ready; while :; do read x; done`)
	session.signal(t, syscall.SIGINT)
	if output, status := session.end(t); output != "told\n" || status != 3 {
		t.Errorf("status %d: %q", status, output)
	}
}

func TestExecOfAMissingCommandSaysSo(t *testing.T) {
	t.Parallel()
	output, status := newClone(t, nil).run(t, "exec", "--", "no-such-command")
	if status != 1 || !strings.Contains(output, "no-such-command") {
		t.Errorf("status %d: %s", status, output)
	}
}

func TestAServerThatCannotBeInstalledIsNamed(t *testing.T) {
	t.Parallel()
	cmd := newClone(t, nil).command(t.Context(), "exec", "--", "true")
	cmd.Env = []string{"PATH=" + onlyShell(t), "PICKET_TEST_DATABASE_URL=postgres://theirs"}
	output, err := cmd.CombinedOutput()
	want := "picket-local: please install the packages redis-server (cannot install packages here: no apt-get)\n"
	if err == nil || !strings.HasSuffix(string(output), want) {
		t.Errorf("%v: %s", err, output)
	}
}

// onlyShell is a PATH on which no program is found but sh.
func onlyShell(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(shell, filepath.Join(bin, "sh")); err != nil {
		t.Fatal(err)
	}
	return bin
}
