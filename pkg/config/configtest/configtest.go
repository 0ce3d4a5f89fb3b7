// Package configtest holds services' configurations against what README.md says of them.
package configtest

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/pkg/config"
)

var (
	services = []string{"ingest", "grouping", "search", "traces"}
	// | `NAME`, `NAME` | who | default | meaning |
	row  = regexp.MustCompile("(?m)^\\| (`PICKET_[^|]*) \\| ([^|]*) \\|")
	name = regexp.MustCompile("PICKET_[A-Z_]+")
)

// Documented checks that the table of configuration in a README gives the service exactly the names that the
// structs read.
func Documented(t *testing.T, readme, service string, structs ...any) {
	t.Helper()
	var read []string
	for _, s := range structs {
		names, err := config.Names(s)
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, names...)
	}
	slices.Sort(read)
	if diff := cmp.Diff(slices.Compact(read), documented(t, readme, service)); diff != "" {
		t.Errorf("what %s reads (-) and what %s says that it reads (+):\n%s", service, readme, diff)
	}
}

func documented(t *testing.T, readme, service string) []string {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, columns := range row.FindAllStringSubmatch(string(text), -1) {
		readers := strings.Split(columns[2], ", ")
		for _, reader := range readers {
			if reader != "all" && !slices.Contains(services, reader) {
				t.Errorf("%s says that %q reads %s, which is no service", readme, reader, columns[1])
			}
		}
		if slices.Contains(readers, "all") || slices.Contains(readers, service) {
			names = append(names, name.FindAllString(columns[1], -1)...)
		}
	}
	slices.Sort(names)
	return names
}
