package ingest

import (
	"crypto/md5" //nolint:gosec // names fingerprints as every producer does; nothing is secured by it
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// ID is a UUID. Its text is 32 lower-case hexadecimal digits.
type ID [16]byte

var idMarks = strings.NewReplacer("urn:", "", "uuid:", "", "-", "")

// ParseID reads a UUID in any spelling: with dashes anywhere, in braces, after urn:uuid:, in capitals.
func ParseID(text string) (ID, bool) {
	var id ID
	digits := idMarks.Replace(strings.Trim(strings.ToLower(text), "{}"))
	digits = strings.Trim(digits, "{}")
	if len(digits) != hex.EncodedLen(len(id)) {
		return ID{}, false
	}
	if _, err := hex.Decode(id[:], []byte(digits)); err != nil {
		return ID{}, false
	}
	return id, true
}

func (id ID) String() string { return hex.EncodeToString(id[:]) }

// HashPart names one part of a fingerprint.
func HashPart(part string) string {
	sum := md5.Sum([]byte(cleanText(part))) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

// recordSpace is the UUID namespace of Kafka records.
var recordSpace = uuid.MustParse("7f1d3c56-6a39-4a0e-9c41-2e0b7d1c8f52")

// RecordID is the id of a status change that came over Kafka without one: the same record always has the same.
func RecordID(topic string, partition int32, offset int64) ID {
	return ID(uuid.NewSHA1(recordSpace, fmt.Appendf(nil, "%s/%d/%d", topic, partition, offset)))
}
