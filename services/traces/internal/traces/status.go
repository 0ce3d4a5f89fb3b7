package traces

import "strconv"

// Status is how the work of a span ended. The numbers are stored.
type Status int

// The statuses that rules name.
const (
	StatusOK      Status = 0
	StatusUnknown Status = 2
)

var statusNames = [...]string{
	"ok", "cancelled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists",
	"permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented",
	"internal_error", "unavailable", "data_loss", "unauthenticated",
}

func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return statusNames[StatusUnknown]
	}
	return statusNames[s]
}

var statusByHTTP = map[int64]Status{
	400: 9, 401: 16, 403: 7, 404: 5, 409: 10, 429: 8, 499: 1, 500: 13, 501: 12, 503: 14, 504: 4,
}

// statusOf looks at codes only when the sender says that the span failed.
func statusOf(r *Received) Status {
	if !r.Failed {
		return StatusOK
	}
	for _, key := range []string{"http.response.status_code", "http.status_code"} {
		if code, ok := integer(r.Attributes[key]); ok {
			if status, known := statusByHTTP[code]; known {
				return status
			}
		}
	}
	if code, ok := integer(r.Attributes["rpc.grpc.status_code"]); ok && code > 0 && int(code) < len(statusNames) {
		return Status(code) // the numbers of gRPC are the numbers of Status
	}
	return StatusUnknown
}

func integer(value any) (int64, bool) {
	switch value := value.(type) {
	case int64:
		return value, true
	case string:
		n, err := strconv.ParseInt(value, 10, 64)
		return n, err == nil
	}
	return 0, false
}
