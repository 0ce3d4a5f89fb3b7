package fields

var spanStatuses = []Choice{
	{"ok", 0},
	{"success", 0},
	{"cancelled", 1},
	{"unknown", 2},
	{"unknown_error", 2},
	{"invalid_argument", 3},
	{"deadline_exceeded", 4},
	{"not_found", 5},
	{"already_exists", 6},
	{"permission_denied", 7},
	{"resource_exhausted", 8},
	{"failed_precondition", 9},
	{"aborted", 10},
	{"out_of_range", 11},
	{"unimplemented", 12},
	{"internal_error", 13},
	{"failure", 13},
	{"unavailable", 14},
	{"data_loss", 15},
	{"unauthenticated", 16},
}

// Spans is the table of span search.
func Spans() *Table {
	list := []Field{
		{Name: "id", Aliases: []string{"span_id"}, Kind: SpanID},
		{Name: "parent_span", Kind: SpanID},
		{Name: "segment.id", Aliases: []string{"transaction.span_id"}, Kind: SpanID},
		{Name: "trace", Kind: UUID},
		{Name: "transaction.id", Kind: UUID},
		{Name: "profile.id", Kind: UUID},

		{Name: "message", Wildcards: true}, // found anywhere in the description, unlike span.description
		{Name: "span.description", Aliases: []string{"description"}, Wildcards: true},
		{Name: "span.op", Wildcards: true, Lower: true},
		{Name: "span.duration", Kind: Duration},
		{Name: "span.self_time", Kind: Duration},
		{Name: "transaction.duration", Kind: Duration},
		{Name: "span.status", Kind: Enum, Choices: spanStatuses},
		{Name: "span.category", Aliases: []string{"category"}, Wildcards: true},
		{Name: "is_transaction", Kind: Bool},
		{Name: "timestamp", Kind: Date},
		{Name: "precise.start_ts", Kind: Number},
		{Name: "precise.finish_ts", Kind: Number},

		{Name: "project", Aliases: []string{"project.name"}},
		{Name: "project.id", Aliases: []string{"project_id"}, Kind: Number},
	}
	for _, name := range spanSizes {
		list = append(list, Field{Name: name, Kind: Size})
	}
	for _, name := range spanTexts {
		list = append(list, Field{Name: name, Wildcards: true})
	}
	return New(Drop, nil, list...).WithRelations(Parent, Child, Ancestor)
}

// The relations of spans: the parent of a span, any of its children, any of those above it.
const (
	Parent   = "parent"
	Child    = "child"
	Ancestor = "ancestor"
)

var spanSizes = []string{
	"http.decoded_response_content_length", "http.response_content_length", "http.response_transfer_size",
	"messaging.message.body.size",
}

var spanTexts = []string{
	"app_start_type", "browser.name", "cache.hit", "device.class", "environment",
	"messaging.destination.name", "messaging.message.id", "messaging.operation.name", "messaging.operation.type",
	"origin.transaction", "os.name", "raw_domain", "release", "replay.id", "sdk.name", "sdk.version",
	"span.action", "span.domain", "span.group", "span.kind", "span.module", "span.status_code", "system",
	"trace.status", "transaction", "transaction.method", "transaction.op",
	"user", "user.email", "user.geo.city", "user.geo.country_code", "user.geo.region", "user.geo.subdivision",
	"user.id", "user.ip", "user.username",
}
