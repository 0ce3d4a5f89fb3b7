package server_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/proto"
)

// post sends a body and gives the answer.
func (h *house) post(t *testing.T, body []byte, header map[string]string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.otlpURL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(content)
}

// jsonOf is a request as OTLP's JSON has it, with hexadecimal ids.
func jsonOf(trace byte) []byte {
	return fmt.Appendf(nil, `{"resourceSpans":[{"resource":{"attributes":[{"key":"picket.project_id","value":{"intValue":"1"}}]},
		"scopeSpans":[{"spans":[{"traceId":"%s","spanId":"%016x","parentSpanId":"","name":"n","kind":2,"unknown":1,
		"startTimeUnixNano":"%d","endTimeUnixNano":"%d","attributes":[{"key":"traceId","value":{"stringValue":"no hex"}}]},
		{"traceId":"","spanId":""}]}]}]}`, hexTrace(trace), 5, now.UnixNano()-2, now.UnixNano()-1)
}

func TestSpansComeInOverHTTPToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	protobuf, err := proto.Marshal(of(1, span('p', 'r', 60)))
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	if _, err := zip.Write(jsonOf('z')); err != nil || zip.Close() != nil {
		t.Fatal("gzip")
	}
	var packed bytes.Buffer
	pack, err := zstd.NewWriter(&packed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pack.Write(jsonOf('s')); err != nil || pack.Close() != nil {
		t.Fatal("zstd")
	}
	for name, tc := range map[string]struct {
		trace  byte
		body   []byte
		header map[string]string
		want   string
	}{
		"protobuf": {'p', protobuf, map[string]string{"Content-Type": "application/x-protobuf"}, ""},
		"JSON":     {'j', jsonOf('j'), map[string]string{"Content-Type": "application/json; charset=utf-8"}, `"rejectedSpans":"1"`},
		"gzip":     {'z', zipped.Bytes(), map[string]string{"Content-Type": "application/json", "Content-Encoding": "gzip"}, "bad_trace_id"},
		"zstd":     {'s', packed.Bytes(), map[string]string{"Content-Type": "application/json", "Content-Encoding": "zstd"}, "bad_trace_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, header, answer := h.post(t, tc.body, tc.header)
			if code != http.StatusOK || !strings.Contains(strings.ReplaceAll(answer, " ", ""), tc.want) {
				t.Errorf("%d %q, want %q", code, answer, tc.want)
			}
			if !strings.HasPrefix(tc.header["Content-Type"], header.Get("Content-Type")) {
				t.Errorf("answered as %q", header.Get("Content-Type"))
			}
			if got := h.spanCount(t, 1, tc.trace); got != 1 {
				t.Errorf("%d spans, want 1", got)
			}
		})
	}
}

// bomb is small, and very large when it is read.
func bomb(t *testing.T) string {
	t.Helper()
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoder.EncodeAll(make([]byte, 64<<20), nil))
}

func TestBadHTTPRequestsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	asJSON := map[string]string{"Content-Type": "application/json"}
	for name, tc := range map[string]struct {
		body   string
		header map[string]string
		code   int
		want   string
	}{
		"another type":     {"x", map[string]string{"Content-Type": "text/plain"}, http.StatusUnsupportedMediaType, ""},
		"no JSON":          {"{", asJSON, http.StatusBadRequest, "unexpected EOF"},
		"ids of no hex":    {`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"?"}]}]}]}`, asJSON, http.StatusBadRequest, "traceId"},
		"no gzip":          {"{}", map[string]string{"Content-Type": "application/json", "Content-Encoding": "gzip"}, http.StatusBadRequest, "gzip"},
		"another encoding": {"{}", map[string]string{"Content-Type": "application/json", "Content-Encoding": "br"}, http.StatusBadRequest, "gzip and zstd are understood"},
		"no zstd":          {"{}", map[string]string{"Content-Type": "application/json", "Content-Encoding": "zstd"}, http.StatusBadRequest, "body"},
		"grows too large":  {bomb(t), map[string]string{"Content-Type": "application/json", "Content-Encoding": "zstd"}, http.StatusRequestEntityTooLarge, ""},
		"too large":        {strings.Repeat(" ", 33<<20), asJSON, http.StatusRequestEntityTooLarge, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, answer := h.post(t, []byte(tc.body), tc.header)
			if code != tc.code || !strings.Contains(answer, tc.want) {
				t.Errorf("%d %q, want %d %q", code, answer, tc.code, tc.want)
			}
		})
	}
	h.directory.down.Store(true)
	code, header, _ := h.post(t, jsonOf('d'), asJSON)
	if code != http.StatusServiceUnavailable || header.Get("Retry-After") != "1" {
		t.Errorf("without the directory: %d, Retry-After %q", code, header.Get("Retry-After"))
	}
}
