package store

import "github.com/picket-io/picket/services/ingest/internal/ingest"

// Header is one header of a record. Keys may repeat.
type Header struct {
	Key   string
	Value []byte
}

// Header gives the last value of a header, or "".
func (l DeadLetter) Header(key string) string {
	for i := len(l.Headers) - 1; i >= 0; i-- {
		if l.Headers[i].Key == key {
			return string(l.Headers[i].Value)
		}
	}
	return ""
}

func splitHeaders(headers []Header) (keys []string, values [][]byte) {
	for _, h := range headers {
		keys, values = append(keys, ingest.Clean(h.Key, maxDetail)), append(values, h.Value)
	}
	return keys, values
}

func joinHeaders(keys []string, values [][]byte) []Header {
	var headers []Header
	for i, key := range keys {
		headers = append(headers, Header{Key: key, Value: values[i]})
	}
	return headers
}
