package search

// IndexedEvent is an event with what tells it from others that were seen in the same microsecond.
type IndexedEvent struct {
	Kind   int16
	ItemID [16]byte
	Event
}
