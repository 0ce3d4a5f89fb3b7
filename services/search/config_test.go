package main

import (
	"testing"

	"github.com/picket-io/picket/pkg/config/configtest"
)

func TestTheReadmeSaysWhatCanBeConfigured(t *testing.T) {
	t.Parallel()
	configtest.Documented(t, "../../README.md", "search", &serveConfig{}, &migrateConfig{})
}
