package traces

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// cases reads a file of testdata.
func cases[T any](t *testing.T, name string) []T {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&all); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return all
}
