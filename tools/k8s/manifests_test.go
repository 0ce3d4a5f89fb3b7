package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestObjectsDecodeOnlyWhenTheAPIHasTheirFields(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			// The first line says what the error must.
			first, _, _ := strings.Cut(string(text), "\n")
			want := strings.TrimPrefix(first, "# ")
			err = new(manifests).add(text)
			switch {
			case want == "decodes" && err != nil:
				t.Errorf("add: %v", err)
			case want != "decodes" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("add: %v, want an error that says %q", err, want)
			}
		})
	}
}

func TestAWrongFieldInAKustomizationFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("kustomization.yaml", "resources: [service.yaml]\n")
	write("service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIp: None}\n")
	if _, err := load(dir); err == nil || !strings.Contains(err.Error(), `unknown field "spec.clusterIp"`) {
		t.Errorf("load: %v", err)
	}
	write("kustomization.yaml", "resource: [service.yaml]\n")
	if _, err := load(dir); err == nil || !strings.Contains(err.Error(), `unknown field "resource"`) {
		t.Errorf("load: %v", err)
	}
}
