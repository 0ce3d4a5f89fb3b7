package traces

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Function is what an aggregate does with the spans of a time.
type Function int

// The functions.
const (
	Count Function = iota
	CountUnique
	Sum
	Average
	Minimum
	Maximum
	Quantile
	PerSecond
	PerMinute
)

// Aggregate is a function of a field, such as `p95(span.duration)`.
type Aggregate struct {
	Function Function
	Field    string  // as written; empty when the function takes none
	Quantile float64 // from 0 to 1
}

// functions are known by their names. `any` may be any value, so it is the least.
var functions = map[string]struct {
	Aggregate
	fieldIs fieldRule
}{
	"count": {Aggregate{Function: Count}, noField}, "count_unique": {Aggregate{Function: CountUnique}, needsField},
	"sum": {Aggregate{Function: Sum}, needsField}, "avg": {Aggregate{Function: Average}, durationByDefault},
	"min": {Aggregate{Function: Minimum}, needsField}, "max": {Aggregate{Function: Maximum}, needsField}, "any": {Aggregate{Function: Minimum}, needsField},
	"p50": {quantile(0.5), durationByDefault}, "p75": {quantile(0.75), durationByDefault}, "p90": {quantile(0.9), durationByDefault},
	"p95": {quantile(0.95), durationByDefault}, "p99": {quantile(0.99), durationByDefault}, "p100": {quantile(1), durationByDefault},
	"percentile": {quantile(0), needsField},
	"eps":        {Aggregate{Function: PerSecond}, noField}, "sps": {Aggregate{Function: PerSecond}, noField},
	"epm": {Aggregate{Function: PerMinute}, noField}, "spm": {Aggregate{Function: PerMinute}, noField},
}

func quantile(q float64) Aggregate { return Aggregate{Function: Quantile, Quantile: q} }

type fieldRule int

const (
	noField fieldRule = iota
	needsField
	durationByDefault
)

var call = regexp.MustCompile(`^([a-z_0-9]+)\((.*)\)$`)

// ParseAggregate reads an aggregate.
func ParseAggregate(text string) (Aggregate, error) {
	parts := call.FindStringSubmatch(strings.TrimSpace(text))
	if parts == nil {
		return Aggregate{}, fmt.Errorf("%q is not a function with parentheses, such as count() or p95(span.duration)", text)
	}
	name, arguments := parts[1], strings.Split(parts[2], ",")
	of, known := functions[name]
	if !known {
		return Aggregate{}, fmt.Errorf("%q is no function; known are count, count_unique, sum, avg, min, max, any, p50, p75, p90, p95, p99, p100, "+
			"percentile, eps, sps, epm and spm", name)
	}
	aggregate := of.Aggregate
	aggregate.Field = strings.TrimSpace(arguments[0])
	if name == "percentile" {
		if len(arguments) != 2 {
			return aggregate, fmt.Errorf("percentile takes a field and a number from 0 to 1")
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(arguments[1]), 64)
		if err != nil || !(0 <= q && q <= 1) {
			return aggregate, fmt.Errorf("the second argument of percentile is %q, not a number from 0 to 1", arguments[1])
		}
		aggregate.Quantile, arguments = q, arguments[:1]
	}
	switch {
	case len(arguments) > 1, of.fieldIs == noField && aggregate.Field != "":
		return aggregate, fmt.Errorf("%s has too many arguments", name)
	case of.fieldIs == needsField && aggregate.Field == "":
		return aggregate, fmt.Errorf("%s needs a field", name)
	case of.fieldIs == durationByDefault && aggregate.Field == "":
		aggregate.Field = "span.duration"
	}
	return aggregate, nil
}
