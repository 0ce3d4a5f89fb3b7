package fields

// The numbers of statuses, substatuses, priorities and categories are those of the stored rows.
var (
	statuses = []Choice{
		{"unresolved", 0}, {"resolved", 1}, {"ignored", 2}, {"archived", 2}, {"muted", 2}, {"reprocessing", 6},
	}
	substatuses = []Choice{
		{"archived_until_escalating", 1},
		{"until_escalating", 1},
		{"escalating", 2},
		{"ongoing", 3},
		{"archived_until_condition_met", 4},
		{"until_condition_met", 4},
		{"archived_forever", 5},
		{"forever", 5},
		{"regressed", 6},
		{"new", 7},
	}
	priorities = []Choice{{"low", 25}, {"medium", 50}, {"high", 75}}
	categories = []Choice{
		{"error", 1}, {"performance", 2}, {"profile", 3}, {"cron", 4}, {"replay", 5}, {"feedback", 6}, {"uptime", 7}, {"metric_alert", 8},
	}
	deviceClasses = []Choice{{"low", 1}, {"medium", 2}, {"high", 3}}
	stages        = []Choice{{"adopted", 0}, {"low_adoption", 1}, {"replaced", 2}}
)

// Issues is the table of issue search. types are the issue types of the installation, which `issue.type` takes;
// without any it takes every slug.
func Issues(types ...Choice) *Table {
	list := []Field{
		{Name: "assigned_to", Aliases: []string{"assigned"}},
		{Name: "assigned_or_suggested"},
		{Name: "bookmarked_by", Aliases: []string{"bookmarks"}},
		{Name: "subscribed_by", Aliases: []string{"subscribed"}},

		{Name: "first_seen", Aliases: []string{"age", "firstSeen"}, Kind: Date},
		{Name: "last_seen", Aliases: []string{"lastSeen"}, Kind: Date, TopLevel: true},
		{Name: "times_seen", Aliases: []string{"timesSeen"}, Kind: Number, TopLevel: true},
		{Name: "date", Aliases: []string{"event.timestamp"}, Kind: Date},
		{Name: "error.received", Kind: Date},

		{Name: "status", Kind: Enum, Choices: statuses},
		{Name: "substatus", Kind: Enum, Choices: substatuses},
		{Name: "issue"},
		{Name: "issue.id", Kind: Number},
		{Name: "issue.category", Kind: Enum, Choices: categories, AnyCase: true},
		{Name: "issue.priority", Kind: Enum, Choices: priorities, AnyCase: true},
		issueType(types),

		{Name: "first_release", Aliases: []string{"first-release", "firstRelease"}},
		{Name: "regressed_in_release"},
		{Name: "release", Wildcards: true},
		{Name: "release.version", Kind: Version},
		{Name: "release.build", Kind: Build},
		{Name: "release.package"},
		{Name: "release.stage", Kind: Enum, Choices: stages},
		{Name: "sentry:dist", Aliases: []string{"dist"}, Wildcards: true, Tag: true},

		{Name: "project", Aliases: []string{"project.name"}},
		{Name: "project.id", Aliases: []string{"project_id"}, Kind: Number},
		{Name: "environment"},
		{Name: "device.class", Kind: Enum, Choices: deviceClasses},

		{Name: "id", Kind: UUID},
		{Name: "trace", Kind: UUID},
		{Name: "trace.span", Kind: SpanID},
		{Name: "trace.parent_span", Kind: SpanID},
		{Name: "transaction.duration", Kind: Duration},
	}
	for _, name := range []string{"time", "timestamp", "timestamp.to_day", "timestamp.to_hour"} {
		list = append(list, Field{Name: name, Kind: Date})
	}
	for name, why := range refused {
		list = append(list, Field{Name: name, Refused: why})
	}
	for _, name := range []string{"error.handled", "error.unhandled", "error.main_thread", "stack.in_app"} {
		list = append(list, Field{Name: name, Kind: Bool, Multi: name == "stack.in_app"})
	}
	for _, name := range []string{"stack.colno", "stack.lineno", "stack.stack_level"} {
		list = append(list, Field{Name: name, Kind: Number, Multi: true})
	}
	for _, name := range issueLists {
		list = append(list, Field{Name: name, Wildcards: true, Multi: true})
	}
	for _, name := range issueTexts {
		list = append(list, Field{Name: name, Wildcards: true})
	}
	return New(Refuse, issueFlags(), list...)
}

// refused are fields of searches for other things than issues.
var refused = map[string]string{
	"start": "the request says where its time begins, and timestamp:>= in a query",
	"end":   "the request says where its time ends, and timestamp:< in a query",

	"is_application":       "it is about functions in profiles, and no event of an issue has it",
	"team_key_transaction": "it is about transactions, and no event of an issue has it",
}

func issueType(types []Choice) Field {
	if len(types) == 0 {
		return Field{Name: "issue.type"}
	}
	return Field{Name: "issue.type", Kind: Enum, Choices: types}
}

// issueFlags are the values of `is:`: the statuses, the substatuses, and five yes-or-no questions.
func issueFlags() map[string]Flag {
	flags := map[string]Flag{
		"unassigned": {"unassigned", 1},
		"assigned":   {"unassigned", 0},
		"for_review": {"for_review", 1},
		"linked":     {"linked", 1},
		"unlinked":   {"linked", 0},
	}
	for _, c := range statuses {
		flags[c.Name] = Flag{"status", c.Number}
	}
	for _, c := range substatuses {
		flags[c.Name] = Flag{"substatus", c.Number}
	}
	return flags
}

var issueLists = []string{
	"error.mechanism", "error.type", "error.value",
	"stack.abs_path", "stack.filename", "stack.function", "stack.module", "stack.package",
}

var issueTexts = []string{
	"app.in_foreground", "culprit",
	"device.arch", "device.battery_level", "device.brand", "device.charging", "device.locale", "device.model_id",
	"device.name", "device.online", "device.orientation", "device.screen_density", "device.screen_dpi",
	"device.screen_height_pixels", "device.screen_width_pixels", "device.simulator", "device.uuid",
	"event.type",
	"geo.city", "geo.country_code", "geo.region", "geo.subdivision",
	"http.method", "http.referer", "http.status_code", "http.url",
	"location", "message", "occurrence_id",
	"os.build", "os.distribution.name", "os.distribution.version", "os.kernel_version",
	"platform.name", "profile.id", "replay.id", "sdk.name", "sdk.version", "title", "transaction",
	"unreal.crash_type",
	"user", "user.display", "user.email", "user.id", "user.ip", "user.username",
}
