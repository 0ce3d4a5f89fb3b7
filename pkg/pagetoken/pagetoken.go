// Package pagetoken makes the opaque page tokens of list and search calls. A token is versioned and bound to the
// request that it came from: used with other arguments it is refused.
package pagetoken

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/picket-io/picket/pkg/fault"
)

const (
	version       = 1
	bindingLength = 12
)

// Binding identifies the arguments of a request.
type Binding [bindingLength]byte

// Bind makes the binding of a request from all its fields but page_token and page_size, which may change from page
// to page, and from what its answer depends on besides.
func Bind(request proto.Message, besides ...string) Binding {
	arguments := proto.Clone(request)
	message := arguments.ProtoReflect()
	for _, name := range []protoreflect.Name{"page_token", "page_size"} {
		if field := message.Descriptor().Fields().ByName(name); field != nil {
			message.Clear(field)
		}
	}
	// Deterministic is enough: a token that outlives an upgrade of the marshaller is refused, not misread.
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(arguments)
	if err != nil { // a request that was just unmarshalled
		content = nil
	}
	content = append([]byte(message.Descriptor().FullName()), content...)
	for _, text := range besides {
		content = append(append(content, 0), text...)
	}
	sum := sha256.Sum256(content)
	return Binding(sum[:bindingLength])
}

// Encode makes a token that holds a position, any value that encoding/json round-trips.
func Encode[T any](binding Binding, position T) (string, error) {
	content, err := json.Marshal(position)
	if err != nil {
		return "", err
	}
	token := append([]byte{version}, binding[:]...)
	return base64.RawURLEncoding.EncodeToString(append(token, content...)), nil
}

// Decode gives back the position of a token that Encode made for the same arguments.
func Decode[T any](binding Binding, token string) (T, error) {
	var position T
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < 1+bindingLength {
		return position, fault.InvalidField("page_token", "is not a page token")
	}
	if raw[0] != version {
		return position, fault.InvalidField("page_token", "has version %d, which this server does not read", raw[0])
	}
	if Binding(raw[1:1+bindingLength]) != binding {
		return position, fault.InvalidField("page_token", "belongs to a request with other arguments")
	}
	if err := json.Unmarshal(raw[1+bindingLength:], &position); err != nil {
		return position, fault.InvalidField("page_token", "is not a page token")
	}
	return position, nil
}
