package traces

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	testNow     = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	testWindow  = AcceptedAt(testNow, 90*24*time.Hour)
	testTraceID = []byte("0123456789abcdef")
	testSpanID  = []byte("01234567")
)

func receivedAt(start time.Time, duration time.Duration) Received {
	return Received{
		TraceID: testTraceID, SpanID: testSpanID,
		StartNanos: uint64(start.UnixNano()), EndNanos: uint64(start.Add(duration).UnixNano()),
	}
}

type interpretCase struct {
	Name     string `json:"name"`
	Received struct {
		Kind       Kind           `json:"kind"`
		Name       string         `json:"name"`
		Parent     bool           `json:"parent"`
		Flags      uint32         `json:"flags"`
		Failed     bool           `json:"failed"`
		Attributes map[string]any `json:"attributes"`
		Resource   map[string]any `json:"resource"`
	} `json:"received"`
	Want interpreted `json:"want"`
}

type interpreted struct {
	Op          string `json:"op"`
	Description string `json:"description"`
	Status      string `json:"status"`
	Category    string `json:"category"`
	Transaction string `json:"transaction"`
	Service     string `json:"service"`
	Environment string `json:"environment"`
	Release     string `json:"release"`
	User        string `json:"user"`
	SDKName     string `json:"sdk_name"`
	Segment     string `json:"segment"` // own, empty for unknown, or an id
	SelfNanos   int64  `json:"self_ns"`
}

func TestInterpret(t *testing.T) {
	t.Parallel()
	for _, tc := range cases[interpretCase](t, "interpret.json") {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			r := receivedAt(testNow, time.Microsecond)
			r.Kind, r.Name, r.Flags, r.Failed = tc.Received.Kind, tc.Received.Name, tc.Received.Flags, tc.Received.Failed
			r.Attributes, r.Resource = integers(tc.Received.Attributes), integers(tc.Received.Resource)
			if tc.Received.Parent {
				r.ParentID = []byte("parent__")
			}
			span, reason := Interpret(&r, testWindow)
			if reason != Accepted {
				t.Fatalf("refused: %s", reason)
			}
			if diff := cmp.Diff(tc.Want, view(span)); diff != "" {
				t.Error(diff)
			}
			if len(span.Attributes) != len(tc.Received.Attributes)+len(tc.Received.Resource) {
				t.Errorf("attributes were lost: %v", span.Attributes)
			}
		})
	}
}

// integers makes int64 of the numbers of JSON that are whole, as OTLP has them.
func integers(attributes map[string]any) map[string]any {
	for key, value := range attributes {
		if f, ok := value.(float64); ok && f == math.Trunc(f) {
			attributes[key] = int64(f)
		}
	}
	return attributes
}

func view(s Span) interpreted {
	segment := s.SegmentID.String()
	if s.IsSegment {
		segment = "own"
	}
	return interpreted{
		Op: s.Op, Description: s.Description, Status: s.Status.String(), Category: s.Category, Transaction: s.Transaction,
		Service: s.Service, Environment: s.Environment, Release: s.Release, User: s.User, SDKName: s.SDKName,
		Segment: segment, SelfNanos: s.SelfNanos,
	}
}

func TestBadSpansAreRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*Received)
		want   Refusal
	}{
		"a good one":                      {func(*Received) {}, Accepted},
		"no trace id":                     {func(r *Received) { r.TraceID = nil }, BadTraceID},
		"a short trace id":                {func(r *Received) { r.TraceID = r.TraceID[:8] }, BadTraceID},
		"a zero trace id":                 {func(r *Received) { r.TraceID = make([]byte, 16) }, BadTraceID},
		"a zero span id":                  {func(r *Received) { r.SpanID = make([]byte, 8) }, BadSpanID},
		"a long span id":                  {func(r *Received) { r.SpanID = make([]byte, 9) }, BadSpanID},
		"a short parent id":               {func(r *Received) { r.ParentID = []byte("p") }, BadParentID},
		"a zero parent id is none":        {func(r *Received) { r.ParentID = make([]byte, 8) }, Accepted},
		"no start":                        {func(r *Received) { r.StartNanos = 0 }, NoStart},
		"an end before the start":         {func(r *Received) { r.EndNanos = r.StartNanos - 1 }, EndBeforeStart},
		"no duration":                     {func(r *Received) { r.EndNanos = r.StartNanos }, Accepted},
		"no end":                          {func(r *Received) { r.EndNanos = 0 }, EndBeforeStart},
		"a day ahead":                     {func(r *Received) { moveTo(r, testNow.Add(24*time.Hour)) }, Accepted},
		"more than a day ahead":           {func(r *Received) { moveTo(r, testNow.Add(24*time.Hour+1)) }, InFuture},
		"beyond the end of time":          {func(r *Received) { r.EndNanos = math.MaxUint64 }, InFuture},
		"as old as retention":             {func(r *Received) { moveTo(r, testNow.Add(-90*24*time.Hour)) }, Accepted},
		"older than retention":            {func(r *Received) { moveTo(r, testNow.Add(-90*24*time.Hour-1)) }, TooOld},
		"an end within, a start long ago": {func(r *Received) { r.StartNanos = 1 }, Accepted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := receivedAt(testNow, time.Second)
			tc.change(&r)
			if _, got := Interpret(&r, testWindow); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func moveTo(r *Received, at time.Time) {
	r.StartNanos, r.EndNanos = uint64(at.UnixNano()), uint64(at.UnixNano())
}

func TestAttributesAreMadeStorable(t *testing.T) {
	t.Parallel()
	deep := any("bottom")
	for range 10 {
		deep = []any{deep}
	}
	r := receivedAt(testNow, time.Second)
	r.Attributes = map[string]any{
		"text": "a\x00b\xff", "bytes": []byte("utf8"), "raw": []byte{0xff, 0}, "nan": math.NaN(), "inf": math.Inf(-1),
		"long": strings.Repeat("é", MaxTextBytes), "n": int64(math.MaxInt64), "b": true, "none": nil, "deep": deep,
		"list": []any{int64(1), 2.5, map[string]any{"k\x00": "v"}}, "resource.same": "span",
	}
	r.Resource = map[string]any{"same": "resource", "other": "resource"}
	r.ScopeName, r.ScopeVersion, r.StatusMessage, r.TraceState = "lib", "1.0", "boom", "a=b"
	span, _ := Interpret(&r, testWindow)
	want := Attributes{
		"text": "a\uFFFDb\uFFFD", "bytes": "utf8", "raw": "/wA=", "nan": "NaN", "inf": "-Infinity",
		"long": strings.Repeat("é", MaxTextBytes/2), "n": int64(math.MaxInt64), "b": true, "none": nil,
		"deep": []any{[]any{[]any{[]any{[]any{[]any{[]any{`[[["bottom"]]]`}}}}}}},
		"list": []any{int64(1), 2.5, map[string]any{"k\uFFFD": "v"}}, "resource.same": "span", "resource.other": "resource",
		"instrumentation.name": "lib", "instrumentation.version": "1.0", "sentry.status.message": "boom", "tracestate": "a=b",
	}
	if diff := cmp.Diff(want, span.Attributes); diff != "" {
		t.Error(diff)
	}
	if _, err := json.Marshal(span.Attributes); err != nil {
		t.Error(err)
	}
}

func TestEventsAndLinksAreKept(t *testing.T) {
	t.Parallel()
	r := receivedAt(testNow, time.Second)
	r.Events = []Event{{TimeNanos: 5, Name: "exception", Attributes: map[string]any{"exception.type": "E\x00"}}}
	r.Links = []ReceivedLink{{TraceID: testTraceID, SpanID: testSpanID, Flags: 1}}
	span, _ := Interpret(&r, testWindow)
	want := Span{
		Events: []Event{{TimeNanos: 5, Name: "exception", Attributes: Attributes{"exception.type": "E\uFFFD"}}},
		Links:  []Link{{TraceID: "30313233343536373839616263646566", SpanID: "3031323334353637", Sampled: true, Attributes: Attributes{}}},
	}
	if diff := cmp.Diff(want, Span{Events: span.Events, Links: span.Links}); diff != "" {
		t.Error(diff)
	}
}

func TestSpansLearnTheirSegmentFromThoseTheyCameWith(t *testing.T) {
	t.Parallel()
	id := func(b byte) SpanID { return SpanID{b} }
	span := func(self, parent, segment byte) Span {
		return Span{ProjectID: 1, SpanID: id(self), ParentID: id(parent), SegmentID: id(segment)}
	}
	spans := []Span{
		span('d', 'c', 0), span('c', 'a', 0), span('a', 0, 'a'), // the children came first
		span('x', 'y', 0),                    // the parent came elsewhere
		span('l', 'm', 0), span('m', 'l', 0), // a loop
		{ProjectID: 2, SpanID: id('e'), ParentID: id('a')}, // another project's
	}
	spans[2].IsSegment, spans[2].Transaction = true, "checkout"
	ResolveSegments(spans)
	got := ""
	for _, s := range spans {
		got += string(s.SpanID[:1]) + ":" + strings.TrimRight(string(s.SegmentID[:]), "\x00") + s.Transaction + " "
	}
	if want := "d:acheckout c:acheckout a:acheckout x: l: m: e: "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEveryCodeOfAFailureHasItsStatus(t *testing.T) {
	t.Parallel()
	byHTTP := map[int64]string{
		400: "failed_precondition", 401: "unauthenticated", 403: "permission_denied", 404: "not_found", 409: "aborted", 429: "resource_exhausted",
		499: "cancelled", 500: "internal_error", 501: "unimplemented", 503: "unavailable", 504: "deadline_exceeded",
		200: "unknown", 302: "unknown", 418: "unknown", 502: "unknown",
	}
	byGRPC := map[int64]string{
		0: "unknown", 1: "cancelled", 2: "unknown", 3: "invalid_argument", 4: "deadline_exceeded", 5: "not_found", 6: "already_exists",
		7: "permission_denied", 8: "resource_exhausted", 9: "failed_precondition", 10: "aborted", 11: "out_of_range", 12: "unimplemented",
		13: "internal_error", 14: "unavailable", 15: "data_loss", 16: "unauthenticated", 17: "unknown",
	}
	for key, statuses := range map[string]map[int64]string{
		"http.status_code": byHTTP, "http.response.status_code": byHTTP, "rpc.grpc.status_code": byGRPC,
	} {
		for code, want := range statuses {
			for _, failed := range []bool{true, false} {
				r := receivedAt(testNow, time.Second)
				r.Failed, r.Attributes = failed, map[string]any{key: code}
				if !failed {
					want = "ok"
				}
				if got := statusOf(&r).String(); got != want {
					t.Errorf("%s %d, failed %t: %s, want %s", key, code, failed, got, want)
				}
			}
		}
	}
}
