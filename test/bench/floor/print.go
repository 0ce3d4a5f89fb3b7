package floor

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// singleCall is the most bytes of a message that the quiet machine's echoes say something of.
const singleCall = 4096

// Print prints what was taken of each floor, and how it compares to the quiet machine.
func (m *Meter) Print(to io.Writer) {
	fmt.Fprintln(to, "floors, each as it was in turn:")
	var against []string
	for _, kind := range slices.Sorted(maps.Keys(m.taken)) {
		f := floors[kind]
		fmt.Fprintf(to, "  %-32s %s\n", f.name, strings.Join(m.written(kind), "; "))
		if f.quiet > 0 && (kind != Echo || m.options.Message <= singleCall) {
			against = append(against, fmt.Sprintf("%s %.2f", f.name, m.Of(kind).Rate/f.quiet))
		}
	}
	fmt.Fprintf(to, "this host against the quiet machine of the design: %s x as fast\n", strings.Join(against, "; "))
}

func (m *Meter) written(kind Kind) []string {
	var turns []string
	for _, figure := range m.taken[kind] {
		turn := fmt.Sprintf("%.0f %s/s", figure.Rate, floors[kind].unit)
		if figure.P50 > 0 {
			turn += fmt.Sprintf(", p50 %s, p95 %s", Short(figure.P50), Short(figure.P95))
		}
		turns = append(turns, turn)
	}
	return turns
}

// Short writes a duration in milliseconds.
func Short(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }
