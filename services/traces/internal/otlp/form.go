package otlp

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// form is how messages are written over HTTP.
type form struct {
	contentType string
	read        func([]byte, proto.Message) error
	marshal     func(proto.Message) ([]byte, error)
}

var forms = map[string]form{
	"application/x-protobuf": {contentType: "application/x-protobuf", read: proto.Unmarshal, marshal: proto.Marshal},
	"application/json":       {contentType: "application/json", read: readJSON, marshal: protojson.Marshal},
}

func (f form) write(w http.ResponseWriter, code int, message proto.Message) {
	content, err := f.marshal(message)
	if err != nil {
		code, content = http.StatusInternalServerError, nil
	}
	w.Header().Set("Content-Type", f.contentType)
	w.WriteHeader(code)
	w.Write(content) //nolint:errcheck // the sender is gone
}

// readJSON reads OTLP's JSON, which is protobuf's but for the ids: they are hexadecimal.
func readJSON(content []byte, into proto.Message) error {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return err
	}
	if err := idsToBase64(tree); err != nil {
		return err
	}
	content, err := json.Marshal(tree)
	if err != nil {
		return err
	}
	return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(content, into)
}

var idFields = map[string]bool{
	"traceId": true, "spanId": true, "parentSpanId": true, "trace_id": true, "span_id": true, "parent_span_id": true,
}

// idsToBase64 goes through messages only: the keys of attributes are values of OTLP's messages, not their fields.
func idsToBase64(node any) error {
	switch node := node.(type) {
	case []any:
		for _, item := range node {
			if err := idsToBase64(item); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, value := range node {
			text, isText := value.(string)
			if !isText || !idFields[name] {
				if err := idsToBase64(value); err != nil {
					return err
				}
				continue
			}
			id, err := hex.DecodeString(text)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			node[name] = base64.StdEncoding.EncodeToString(id)
		}
	}
	return nil
}
