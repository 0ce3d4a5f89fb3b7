package otlp

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"mime"
	"net/http"
	"strconv"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/grpcserver"
)

// NewHTTP makes the handler of OTLP over HTTP: POST /v1/traces with protobuf or JSON, which answers in kind. The
// header picket-project-id does what the metadata of that name does.
func NewHTTP(door *Door, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, r *http.Request) {
		form, ok := formOf(r)
		if !ok {
			http.Error(w, "send application/x-protobuf or application/json", http.StatusUnsupportedMediaType)
			return
		}
		resp, err := export(door, w, r, form)
		if err != nil {
			s := grpcserver.StatusOf(err)
			log.InfoContext(r.Context(), "export refused", "code", s.Code().String(), "error", err)
			setRetryAfter(w, s)
			form.write(w, httpCode(err, s), s.Proto())
			return
		}
		form.write(w, http.StatusOK, resp)
	})
	return mux
}

func export(door *Door, w http.ResponseWriter, r *http.Request, form form) (proto.Message, error) {
	content, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	req := &collectorv1.ExportTraceServiceRequest{}
	if err := form.read(content, req); err != nil {
		return nil, fault.InvalidField("body", "is not an ExportTraceServiceRequest: %v", err)
	}
	refused, err := door.take(r.Context(), req, r.Header.Get(projectMetadata))
	if err != nil {
		return nil, err
	}
	return response(refused), nil
}

// readBody gives the body, decompressed; neither form may be larger than MaxRequestBytes.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var body io.Reader = http.MaxBytesReader(w, r.Body, MaxRequestBytes)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, fault.InvalidField("body", "is not gzip: %v", err)
		}
		body = io.LimitReader(unzipped, MaxRequestBytes+1)
	case zstdName:
		unzipped, err := newZstdReader(body)
		if err != nil {
			return nil, fault.InvalidField("body", "is not zstd: %v", err)
		}
		defer unzipped.Close()
		body = io.LimitReader(unzipped, MaxRequestBytes+1)
	default:
		return nil, fault.InvalidField("Content-Encoding", "is %q; gzip and zstd are understood", encoding)
	}
	content, err := io.ReadAll(body)
	if len(content) > MaxRequestBytes {
		err = &http.MaxBytesError{Limit: MaxRequestBytes}
	}
	if err != nil {
		return nil, fmt.Errorf("read body: %w", unreadable(err))
	}
	return content, nil
}

func unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fault.InvalidField("body", "cannot be read: %v", err)
}

// httpCode follows the table of OTLP: senders try again on 429 and 503 only.
func httpCode(err error, s *status.Status) int {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	switch s.Code() {
	case codes.InvalidArgument:
		return http.StatusBadRequest
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

func setRetryAfter(w http.ResponseWriter, s *status.Status) {
	for _, detail := range s.Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok {
			seconds := math.Ceil(retry.GetRetryDelay().AsDuration().Seconds())
			w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
		}
	}
}

func formOf(r *http.Request) (form, bool) {
	contentType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return form{}, false
	}
	f, ok := forms[contentType]
	return f, ok
}
