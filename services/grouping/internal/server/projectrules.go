package server

import (
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

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
	if err := checkAlgorithm("settings.hash_algorithm", settings.GetHashAlgorithm()); err != nil {
		return err
	}
	return checkAlgorithm("settings.secondary_hash_algorithm", settings.GetSecondaryHashAlgorithm())
}

func checkAlgorithm(field, name string) error {
	if _, ok := hashing.AlgorithmNamed(name); ok {
		return nil
	}
	var names []string
	for _, a := range hashing.Algorithms() {
		names = append(names, a.Name)
	}
	return fault.InvalidField(field, "%q is not known; expected one of %s", name, strings.Join(names, ", "))
}

// inTransition lets a transition go on in settings that do not speak of it.
func inTransition(settings, before *groupingv1.ProjectSettings) *groupingv1.ProjectSettings {
	settings = proto.CloneOf(settings)
	if settings.GetSecondaryHashAlgorithm() == "" {
		settings.SecondaryHashAlgorithm, settings.SecondaryHashUntil = before.GetSecondaryHashAlgorithm(), before.GetSecondaryHashUntil()
	}
	return settings
}

// transitionFor is how long the hashes of the algorithm before find issues, where nobody says otherwise.
const transitionFor = 7 * 24 * time.Hour

// beginTransition keeps the algorithm that a project moves away from, so that its issues are found and get new hashes.
func beginTransition(settings, before *groupingv1.ProjectSettings, now time.Time) {
	if before == nil || before.GetHashAlgorithm() == settings.GetHashAlgorithm() {
		return
	}
	if settings.GetSecondaryHashAlgorithm() == before.GetSecondaryHashAlgorithm() { // nobody said another one
		settings.SecondaryHashAlgorithm, settings.SecondaryHashUntil = before.GetHashAlgorithm(), nil
	}
	if settings.GetSecondaryHashAlgorithm() == "" { // of a project from before versions
		settings.SecondaryHashAlgorithm = hashing.First.Name
	}
	if settings.GetSecondaryHashUntil() == nil {
		settings.SecondaryHashUntil = timestamppb.New(now.Add(transitionFor))
	}
}
