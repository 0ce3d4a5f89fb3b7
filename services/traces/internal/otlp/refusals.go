package otlp

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// refusals count refused spans by reason.
type refusals struct{ counts map[traces.Refusal]int64 }

func (r *refusals) add(reason traces.Refusal, spans int64) {
	if r.counts == nil {
		r.counts = map[traces.Refusal]int64{}
	}
	if spans > 0 {
		r.counts[reason] += spans
	}
}

func (r *refusals) addAll(other *refusals) {
	for reason, spans := range other.counts {
		r.add(reason, spans)
	}
}

func (r *refusals) total() int {
	total := int64(0)
	for _, spans := range r.counts {
		total += spans
	}
	return int(total)
}

// message lists the reasons for the sender, by name.
func (r *refusals) message() string {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(r.counts)) {
		parts = append(parts, fmt.Sprintf("%d: %s (%s)", r.counts[reason], reason.Text(), reason))
	}
	return strings.Join(parts, "; ")
}
