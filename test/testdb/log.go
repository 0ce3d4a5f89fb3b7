package testdb

import (
	"os"
	"strings"
	"testing"
)

const databaseLog = "PICKET_TEST_DATABASE_LOG"

// Log is the log of the server that the tests share; empty when that was started by somebody else.
func Log() string { return os.Getenv(databaseLog) }

// Deadlocks gives the lines of a server's log that say of deadlocks in a database.
func Deadlocks(t testing.TB, log, database string) []string {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	var found []string
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "@"+database+" ") && strings.Contains(line, "deadlock detected") {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}
