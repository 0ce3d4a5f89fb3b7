package server

import (
	"google.golang.org/protobuf/proto"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/grouping/internal/fingerprintrules"
	"github.com/picket-io/picket/services/grouping/internal/hashing"
	"github.com/picket-io/picket/services/grouping/internal/stackrules"
)

// pinned gives settings that name a hash algorithm: their own, or else the given one. Without it, a new algorithm
// would split the issues that a project has.
func pinned(settings *groupingv1.ProjectSettings, algorithm string) *groupingv1.ProjectSettings {
	if settings == nil {
		settings = &groupingv1.ProjectSettings{}
	}
	if settings.GetHashAlgorithm() != "" || algorithm == "" {
		return settings
	}
	settings = proto.CloneOf(settings)
	settings.HashAlgorithm = algorithm
	return settings
}

// checkRules refuses rules that cannot be read, and says where.
func checkRules(settings *groupingv1.ProjectSettings) error {
	if _, err := fingerprintrules.Parse(settings.GetFingerprintRules()); err != nil {
		return fault.InvalidField("settings.fingerprint_rules", "%s", err)
	}
	if _, err := stackrules.Parse(settings.GetStackRules()); err != nil {
		return fault.InvalidField("settings.stack_rules", "%s", err)
	}
	if algorithm := settings.GetHashAlgorithm(); algorithm != "" && algorithm != hashing.Algorithm {
		return fault.InvalidField("settings.hash_algorithm", "%q is not known; expected %q", algorithm, hashing.Algorithm)
	}
	return nil
}
