package traces

// Received is a span as it was sent, with the attributes of its resource and scope.
type Received struct {
	TraceID    []byte
	SpanID     []byte
	ParentID   []byte
	TraceState string
	Flags      uint32
	Name       string
	Kind       Kind
	StartNanos uint64
	EndNanos   uint64
	Failed     bool // the sender set the status to ERROR
	// StatusMessage is the sender's text for a status.
	StatusMessage string

	Attributes   map[string]any // values as in Attributes, or []byte
	Resource     map[string]any
	ScopeName    string
	ScopeVersion string
	Scope        map[string]any
	Events       []Event
	Links        []ReceivedLink
}

// ReceivedLink is a link as it was sent.
type ReceivedLink struct {
	TraceID    []byte
	SpanID     []byte
	Flags      uint32
	Attributes map[string]any
}

// text gives the first of some attributes of the span that is a text with something in it.
func (r *Received) text(keys ...string) string { return firstText(r.Attributes, keys) }

// anyText looks in the span, then in its resource.
func (r *Received) anyText(keys ...string) string {
	if text := r.text(keys...); text != "" {
		return text
	}
	return firstText(r.Resource, keys)
}

func firstText(attributes map[string]any, keys []string) string {
	for _, key := range keys {
		if text, ok := attributes[key].(string); ok && text != "" {
			return text
		}
	}
	return ""
}

func (r *Received) has(keys ...string) bool {
	for _, key := range keys {
		if _, ok := r.Attributes[key]; ok {
			return true
		}
	}
	return false
}
