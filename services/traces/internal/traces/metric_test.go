package traces

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMetricsAndTheirSamples(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]*Metric{
		"d:transactions/duration@millisecond":           {SegmentsOnly: true, Source: FromDuration},
		"d:transactions/measurements.lcp@millisecond":   {SegmentsOnly: true, Source: FromField, Key: "measurements.lcp"},
		"d:spans/duration@millisecond":                  {Source: FromDuration},
		"d:spans/exclusive_time@millisecond":            {Source: FromSelfTime},
		"d:spans/http.response_content_length@byte":     {Source: FromField, Key: "measurements.http.response_content_length"},
		"d:spans/webvital.score.total@ratio":            {Source: FromField, Key: "measurements.score.total"},
		"d:spans/webvital.score.total@anything":         {Source: FromField, Key: "measurements.score.total"},
		"g:custom/queue.depth@none":                     {Source: FromAttribute, Key: "metric.g:custom/queue.depth@none"},
		"d:custom/a/b@c@d":                              {Source: FromAttribute, Key: "metric.d:custom/a/b@c@d"},
		"d:transactions/duration@second":                nil,
		"d:transactions/measurements.@none":             nil,
		"d:spans/exclusive_time_light@millisecond":      nil,
		"d:spans/http.response_content_length@kilobyte": nil,
		"d:spans/webvital.@ratio":                       nil,
		"d:sessions/duration@second":                    nil,
		"":                                              nil,
		"d:custom/size":                                 nil,
		"d:custom/@byte":                                nil,
		":custom/size@byte":                             nil,
		"d:/size@byte":                                  nil,
		"d:custom/size@":                                nil,
		"custom/size@byte":                              nil,
	} {
		mri, ok := ParseMRI(text)
		metric, known := MetricOf(mri)
		if want == nil {
			if ok && known {
				t.Errorf("%q is taken for %v", text, metric)
			}
			continue
		}
		if diff := cmp.Diff(*want, metric); !ok || !known || diff != "" {
			t.Errorf("%q: %v %v %s", text, ok, known, diff)
		}
		if mri.String() != text {
			t.Errorf("%q is written %q", text, mri)
		}
	}
}

func TestSummariesOfAttributes(t *testing.T) {
	t.Parallel()
	summary := Summary{Min: 1, Max: 5, Sum: 9, Count: 3}
	for content, want := range map[string]Summary{
		`{"min":1,"max":5,"sum":9,"count":3,"unit":"byte"}`: summary,
		`[1,5,9,3]`:                           summary,
		`{"min":1,"max":5,"sum":9}`:           {},
		`{"min":1,"max":5,"sum":0,"count":0}`: {},
		`[1,5,9]`:                             {},
		`"9"`:                                 {},
	} {
		got, ok := ReadSummary([]byte(content))
		if want != (Summary{}) != ok || ok && got != want {
			t.Errorf("%s gives %v, %v", content, got, ok)
		}
	}
	for op, want := range map[string]float64{"min": 1, "max": 5, "count": 3, "avg": 3, "": 3, "sum": 3} {
		if got := summary.Value(op); got != want {
			t.Errorf("%s is %v, want %v", op, got, want)
		}
	}
}
