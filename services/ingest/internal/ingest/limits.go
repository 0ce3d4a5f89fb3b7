package ingest

import "time"

// Limits of what comes in. Lengths are in characters; what is longer is cut, what is more is left out. A message
// over MaxMessageBytes is refused.
const (
	MaxMessageBytes     = 1 << 20
	MaxDepth            = 100 // of objects and lists in each other; a reader of protobuf gives up at about that
	MaxFingerprintParts = 64
	MaxTags             = 200
	MaxTagLength        = 200 // of a key, and of a value
	MaxEvidence         = 100 // lines of evidence_display
	MaxTitle            = 255
	MaxSubtitle         = 1024
	MaxCulprit          = 200
	MaxAssignee         = 255
	MaxEnvironment      = 64
	MaxRelease          = 250
	MaxDist             = 64
	MaxPlatform         = 64
	MaxTransaction      = 200
	MaxUserField        = 200
	MaxSDKField         = 200
	MaxFieldLength      = 200 // of the other texts that searches read of an event
	MaxMeasurements     = 50  // and as many kinds of spans
	MaxExceptions       = 50
	MaxFrames           = 250
	MaxFrameText        = 250
)

// MaxAhead is how far ahead of its receipt the time of an item may lie.
const MaxAhead = 24 * time.Hour
