package store

import (
	"strconv"
	"strings"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/searchquery"
)

// keptTexts are fields of which an event has few: texts in its column fields, by their names.
var keptTexts = setOf(`app.in_foreground
	device.arch device.battery_level device.brand device.charging device.locale device.model_id device.name device.online
	device.orientation device.screen_density device.screen_dpi device.screen_height_pixels device.screen_width_pixels
	device.simulator device.uuid
	geo.city geo.country_code geo.region geo.subdivision
	http.method http.referer http.status_code
	location os.build os.distribution.name os.distribution.version os.kernel_version
	profile.id replay.id trace.parent_span unreal.crash_type`)

func setOf(names string) map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(names) {
		set[name] = true
	}
	return set
}

// madeTexts are made of other columns. An ordinary error has no type of its own.
var madeTexts = map[string]string{
	"event.type":    "CASE WHEN e.kind = 1 THEN 'generic' ELSE coalesce(e.fields ->> 'event.type', 'error') END",
	"occurrence_id": "CASE WHEN e.kind = 1 THEN replace(e.item_id::text, '-', '') ELSE '' END",
}

// stretches are times that are cut down.
var stretches = map[string]string{"timestamp.to_hour": "hour", "time": "hour", "timestamp.to_day": "day"}

// eventColumn compiles a condition on a further field of events; ok is false when it is none.
func (b *builder) eventColumn(f *searchquery.Filter) (sql string, ok bool) {
	if keptTexts[f.Key] {
		return b.text("coalesce(e.fields ->> "+b.arg(f.Key)+", '')", f), true
	}
	if expr, ok := madeTexts[f.Key]; ok {
		return b.text(expr, f), true
	}
	if f.Key == "http.url" {
		return b.tag(&searchquery.Filter{Key: "url", Name: "tags[url]", Op: f.Op, Value: f.Value}), true
	}
	if length, ok := stretches[f.Key]; ok {
		return b.date("date_trunc('"+length+"', e.seen_time, 'UTC')", f), true
	}
	if l, ok := textLists[f.Key]; ok {
		return b.textList(l, f), true
	}
	if l, ok := numberLists[f.Key]; ok {
		return b.numberList(l, f), true
	}
	if compile, ok := eventFlags[f.Key]; ok {
		return compile(b, f), true
	}
	if f.Key == "transaction.duration" || strings.HasPrefix(f.Key, "measurements.") || strings.HasPrefix(f.Key, "spans.") {
		return b.measurement(f), true
	}
	return "", false
}

func (b *builder) measurement(f *searchquery.Filter) string {
	value := "e.fields -> " + b.arg(f.Key)
	if absent(f) {
		return negate(f.Op, "("+value+") IS NULL")
	}
	number := "CASE WHEN jsonb_typeof(" + value + ") = 'number' THEN (" + value + ")::float8 END"
	return negate(f.Op, "coalesce("+b.float(number, positive(f))+", FALSE)")
}

// positive is a filter without the negation of its operator.
func positive(f *searchquery.Filter) *searchquery.Filter {
	p := *f
	if op, ok := positives[f.Op]; ok {
		p.Op = op
	}
	return &p
}

// list is an array of which an event has one: in its own row, or in that of its stack, which many events share.
// A condition holds when it is true of some element; a negative one, when it is of every element.
type list struct {
	expr    string
	inStack bool
}

var (
	textLists = map[string]list{
		"error.type":      {expr: "coalesce(e.error_types, '{}')"},
		"error.value":     {expr: "coalesce(e.error_values, '{}')"},
		"error.mechanism": {expr: "coalesce(e.error_mechanisms, '{}')"},
		"stack.abs_path":  {"k.abs_paths", true},
		"stack.filename":  {"k.filenames", true},
		"stack.function":  {"k.functions", true},
		"stack.module":    {"k.modules", true},
		"stack.package":   {"k.packages", true},
	}
	numberLists = map[string]list{
		"stack.colno": {"k.columns", true}, "stack.lineno": {"k.lines", true}, "stack.stack_level": {"k.levels", true},
	}
)

func (b *builder) textList(l list, f *searchquery.Filter) string {
	if absent(f) {
		return l.holds(negative(f.Op), "cardinality("+l.expr+") > 0")
	}
	return l.holds(!negative(f.Op), b.some(l, f))
}

// some says that an element has the value of a filter, or one of its values.
func (b *builder) some(l list, f *searchquery.Filter) string {
	switch v := f.Value.(type) {
	case searchquery.Pattern:
		return "EXISTS (SELECT FROM unnest(" + l.expr + ") AS element WHERE element LIKE " + b.arg(like(v)) + ")"
	case searchquery.List:
		return l.expr + " && " + b.arg(texts(v)) + "::text[]"
	case searchquery.String: // not = ANY, which no index of arrays serves
		return l.expr + " @> " + b.arg([]string{string(v)}) + "::text[]"
	}
	panic("store: a list with another value") // the parser gives no other
}

func (b *builder) numberList(l list, f *searchquery.Filter) string {
	if absent(f) {
		return l.holds(negative(f.Op), "cardinality("+l.expr+") > 0")
	}
	some := "EXISTS (SELECT FROM unnest(" + l.expr + ") AS element WHERE " + b.float("element::float8", positive(f)) + ")"
	return l.holds(!negative(f.Op), some)
}

// holds asks whether the condition on the list is true of an event, or that it is not.
func (l list) holds(yes bool, condition string) string {
	if l.inStack {
		condition = ofStack(condition)
	}
	if !yes {
		condition = "NOT (" + condition + ")"
	}
	return condition
}

func ofStack(condition string) string {
	return "EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND " + condition + ")"
}

// eventFlags are booleans, and a class that is kept as a number in a tag.
var eventFlags = map[string]func(*builder, *searchquery.Filter) string{
	"error.handled":     func(b *builder, f *searchquery.Filter) string { return b.unhandled(!affirmed(f)) },
	"error.unhandled":   func(b *builder, f *searchquery.Filter) string { return b.unhandled(affirmed(f)) },
	"error.main_thread": (*builder).mainThread,
	"stack.in_app":      (*builder).inApp,
	"device.class":      (*builder).deviceClass,
}

// affirmed: to have one of the two fields about handling is to have it true.
func affirmed(f *searchquery.Filter) bool {
	if e, ok := f.Value.(searchquery.Enum); ok {
		return e.Number == 1
	}
	return negative(f.Op)
}

// unhandled: an event is either handled or not; one without exceptions is. Performance problems are neither.
func (b *builder) unhandled(wanted bool) string {
	if wanted {
		return b.noPerformance("e.unhandled IS TRUE")
	}
	return b.noPerformance("e.unhandled IS NOT TRUE")
}

func (b *builder) mainThread(f *searchquery.Filter) string {
	e, ok := f.Value.(searchquery.Enum)
	switch {
	case !ok:
		return b.noPerformance(negate(f.Op, "e.main_thread IS NULL"))
	case e.Number == 1:
		return b.noPerformance("e.main_thread IS TRUE")
	default:
		return b.noPerformance("e.main_thread IS FALSE")
	}
}

func (b *builder) noPerformance(condition string) string {
	return "(" + condition + " AND NOT " + ofNoError("o.type = ANY("+b.arg(typesWhere(isPerformance))+"::int[])") + ")"
}

func isPerformance(t issue.Type) bool { return t.Category == issue.CategoryPerformance }

func (b *builder) inApp(f *searchquery.Filter) string {
	e, ok := f.Value.(searchquery.Enum)
	switch {
	case !ok:
		return list{inStack: true}.holds(negative(f.Op), "(k.in_app OR k.not_in_app)")
	case e.Number == 1:
		return ofStack("k.in_app")
	default:
		return ofStack("k.not_in_app")
	}
}

func (b *builder) deviceClass(f *searchquery.Filter) string {
	const class = "coalesce(e.tags ->> 'device.class', '')"
	if absent(f) {
		return negate(f.Op, class+" = ''")
	}
	numbers := []string{}
	for _, item := range items(f.Value) {
		if e, ok := item.(searchquery.Enum); ok {
			numbers = append(numbers, strconv.Itoa(e.Number))
		}
	}
	return negate(f.Op, class+" = ANY("+b.arg(numbers)+"::text[])")
}
