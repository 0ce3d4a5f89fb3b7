package main

import (
	"testing"

	"github.com/picket-io/picket/pkg/config/configtest"
)

func TestTheReadmeSaysWhatCanBeConfigured(t *testing.T) {
	t.Parallel()
	configtest.Documented(t, "../../README.md", "ingest", &serveConfig{}, &migrateConfig{})
}

func TestAShareIsAPartOfAWhole(t *testing.T) {
	t.Parallel()
	for text, valid := range map[string]bool{
		"0": true, "0.05": true, "1": true, "-0.1": false, "1.5": false, "50": false, "NaN": false, "half": false, "5%": false, "": false,
	} {
		var s share
		if err := s.UnmarshalText([]byte(text)); (err == nil) != valid {
			t.Errorf("%q: %v", text, err)
		}
	}
}
