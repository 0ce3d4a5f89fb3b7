package traces

import (
	"encoding/json"
	"strings"
)

// MRI names a metric: `entity:namespace/name@unit`.
type MRI struct{ Entity, Namespace, Name, Unit string }

// ParseMRI reads the whole text. No part may be empty.
func ParseMRI(text string) (mri MRI, ok bool) {
	entity, rest, ok1 := strings.Cut(text, ":")
	namespace, rest, ok2 := strings.Cut(rest, "/")
	name, unit, ok3 := strings.Cut(rest, "@")
	mri = MRI{Entity: entity, Namespace: namespace, Name: name, Unit: unit}
	return mri, ok1 && ok2 && ok3 && entity != "" && namespace != "" && name != "" && unit != ""
}

func (m MRI) String() string { return m.Entity + ":" + m.Namespace + "/" + m.Name + "@" + m.Unit }

// SampleSource is where the samples of a metric are.
type SampleSource int

// The sources.
const (
	FromDuration SampleSource = iota
	FromSelfTime
	FromField     // a field of the query language whose values are numbers
	FromAttribute // an attribute that holds a summary
)

// Metric says which spans are samples of a metric, and what of them is its value.
type Metric struct {
	SegmentsOnly bool
	Source       SampleSource
	Key          string // of FromField and FromAttribute
}

// metricAttribute is the beginning of the attributes that hold the summaries of custom metrics.
const metricAttribute = "metric."

// MetricOf gives the metric of an MRI. Others than these have no samples that are spans.
func MetricOf(mri MRI) (metric Metric, ok bool) {
	measurement, isMeasurement := strings.CutPrefix(mri.Name, "measurements.")
	vital, isVital := strings.CutPrefix(mri.Name, "webvital.")
	switch text := mri.String(); {
	case text == "d:transactions/duration@millisecond":
		return Metric{SegmentsOnly: true, Source: FromDuration}, true
	case mri.Namespace == "transactions" && isMeasurement && measurement != "":
		return Metric{SegmentsOnly: true, Source: FromField, Key: mri.Name}, true
	case text == "d:spans/duration@millisecond":
		return Metric{Source: FromDuration}, true
	case text == "d:spans/exclusive_time@millisecond":
		return Metric{Source: FromSelfTime}, true
	case text == "d:spans/http.response_content_length@byte", text == "d:spans/http.decoded_response_content_length@byte",
		text == "d:spans/http.response_transfer_size@byte":
		return Metric{Source: FromField, Key: "measurements." + mri.Name}, true
	case mri.Namespace == "spans" && isVital && vital != "":
		return Metric{Source: FromField, Key: "measurements." + vital}, true
	case mri.Namespace == "custom":
		return Metric{Source: FromAttribute, Key: metricAttribute + text}, true
	}
	return Metric{}, false
}

// Summary is what a span tells of a metric: one value, or the summary of several.
type Summary struct{ Min, Max, Sum, Count float64 }

// SummaryOf is the summary of one value.
func SummaryOf(value float64) Summary { return Summary{Min: value, Max: value, Sum: value, Count: 1} }

// Value is what bounds apply to: the average, unless the operation is `min`, `max` or `count`.
func (s Summary) Value(op string) float64 {
	switch op {
	case "min":
		return s.Min
	case "max":
		return s.Max
	case "count":
		return s.Count
	}
	return s.Sum / s.Count
}

// ReadSummary reads the summary of an attribute as JSON: a map with min, max, sum and count, or, for SDKs that send no
// maps, these four in an array. One of no value is none.
func ReadSummary(content []byte) (summary Summary, ok bool) {
	var named struct{ Min, Max, Sum, Count *float64 }
	if err := json.Unmarshal(content, &named); err != nil {
		var listed []float64
		if err := json.Unmarshal(content, &listed); err != nil || len(listed) != 4 {
			return summary, false
		}
		named.Min, named.Max, named.Sum, named.Count = &listed[0], &listed[1], &listed[2], &listed[3]
	}
	if named.Min == nil || named.Max == nil || named.Sum == nil || named.Count == nil {
		return summary, false
	}
	summary = Summary{Min: *named.Min, Max: *named.Max, Sum: *named.Sum, Count: *named.Count}
	return summary, summary.Count > 0
}
