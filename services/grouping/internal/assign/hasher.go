package assign

import (
	"sync"

	"github.com/picket-io/picket/services/grouping/internal/fingerprintrules"
	"github.com/picket-io/picket/services/grouping/internal/hashing"
	"github.com/picket-io/picket/services/grouping/internal/stackrules"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

// maxCompiled bounds the projects whose rules are kept compiled.
const maxCompiled = 1000

// hasher keeps the rules of projects compiled.
type hasher struct {
	mu       sync.Mutex
	compiled map[int64]compiled
}

type compiled struct {
	fingerprint, stack string // the texts they were compiled from
	rules              *hashing.Rules
}

// rules gives the rules of a project. A text that cannot be read, such as that of a newer version, counts as none.
func (h *hasher) rules(projectID int64, p store.Project) *hashing.Rules {
	h.mu.Lock()
	known, ok := h.compiled[projectID]
	h.mu.Unlock()
	if ok && known.fingerprint == p.FingerprintRules && known.stack == p.StackRules {
		return known.rules
	}
	fingerprint, _ := fingerprintrules.Parse(p.FingerprintRules)
	stack, _ := stackrules.Parse(p.StackRules)
	rules := hashing.NewRules(fingerprint, stack)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.compiled == nil || len(h.compiled) >= maxCompiled {
		h.compiled = map[int64]compiled{}
	}
	h.compiled[projectID] = compiled{p.FingerprintRules, p.StackRules, rules}
	return rules
}
