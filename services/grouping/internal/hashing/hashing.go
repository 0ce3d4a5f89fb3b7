// Package hashing computes the hashes of error events and says why they are what they are. It has no state and does
// no I/O: the same event, rules and algorithm give the same hashes for ever. A change that alters hashes gets a new
// algorithm version, and projects keep the version that they began with.
package hashing

import (
	"crypto/md5" //nolint:gosec // hashes name issues as other producers name them; nothing is secured by them
	"encoding/hex"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
	"github.com/picket-io/picket/services/grouping/internal/fingerprintrules"
	"github.com/picket-io/picket/services/grouping/internal/stackrules"
)

// Rules are the rules of a project, compiled, with the built-in ones.
type Rules struct {
	fingerprint []fingerprintrules.Rule
	stack       *stackrules.Set
}

// NewRules puts the rules of a project together with the built-in ones.
func NewRules(fingerprint []fingerprintrules.Rule, stack []stackrules.Rule) *Rules {
	all := append(append([]fingerprintrules.Rule(nil), fingerprint...), fingerprintrules.Builtin()...)
	return &Rules{fingerprint: all, stack: stackrules.NewSet(stackrules.Builtin(), stack)}
}

// Hash is one hash of an event.
type Hash struct {
	Value   string // 32 hexadecimal digits; of a short checksum its own text
	Variant string
	Values  []string // that were hashed, in order
}

// Result is the hashes of an event and why.
type Result struct {
	Hashes   []Hash // in the order in which they are looked up
	Variants []Variant
	// Rule is the fingerprinting rule that matched, or nil.
	Rule *fingerprintrules.Rule
	// Fingerprint is the one that was used, its variables replaced.
	Fingerprint []string
	// ClientFingerprint is the sender's, where a rule replaced it.
	ClientFingerprint []string
	Title             string // that a rule gives; empty: the event's own
}

// Names of variants, beside those of component trees.
const (
	variantApp      = "app"
	variantSystem   = "system"
	variantDefault  = "default"
	variantChecksum = "checksum"
	variantCustom   = "custom"
	variantBuiltIn  = "built-in"
	variantFallback = "fallback"
)

// Variant is one way to look at an event.
type Variant struct {
	Name        string
	Contributes bool
	Hint        string // why it does not contribute
	Hash        string
	Salt        []string // fingerprint with which the components are mixed
	Component   *Component
}

// Compute computes the hashes of an event by a version of the algorithm. It marks the event's frames as the stack rules
// say, so each computation needs an event of its own.
func Compute(event *errorevent.Event, rules *Rules, by Algorithm) Result {
	marks := markFrames(event, rules.stack)
	result := Result{}
	fingerprint := event.Fingerprint
	if rule := fingerprintrules.First(rules.fingerprint, event); rule != nil {
		result.Rule, result.ClientFingerprint = rule, fingerprint
		fingerprint = rule.Fingerprint
		if rule.Title != "" {
			result.Title = fingerprintrules.Expand(rule.Title, event)
		}
	}
	if len(fingerprint) == 0 {
		fingerprint = []string{"{{ default }}"}
	}
	result.Fingerprint = fingerprintrules.Resolve(fingerprint, event)
	trees := componentTrees(event, builder{rules: rules.stack, marks: marks, algorithm: by})
	result.Variants = decide(event, trees, result)
	result.collect()
	return result
}

// collect lists the hashes of the variants that contribute, each once, `system` last.
func (r *Result) collect() {
	seen := map[string]bool{}
	add := func(system bool) {
		for _, v := range r.Variants {
			if !v.Contributes || (v.Name == variantSystem) != system {
				continue
			}
			for _, hash := range v.hashes() {
				if !seen[hash.Value] {
					seen[hash.Value] = true
					r.Hashes = append(r.Hashes, hash)
				}
			}
		}
	}
	add(false)
	add(true)
}

func hashOf(values []string) string {
	sum := md5.New() //nolint:gosec // as above
	for _, value := range values {
		sum.Write([]byte(value))
	}
	return hex.EncodeToString(sum.Sum(nil))
}
