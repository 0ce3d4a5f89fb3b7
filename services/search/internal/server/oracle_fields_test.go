package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/search/internal/storetest"
)

// The words of fields that few events have, and of lists.
var (
	keptWords = map[string][]string{
		"app.in_foreground": {"true", "false", "", ""}, "http.method": {"GET", "POST", ""}, "http.status_code": {"200", "503", ""},
		"location": {"app/cart.py", "app/%_.py", ""}, "trace.parent_span": {"00f067aa0ba902b7", "b7ad6b7169203331", ""},
		"event.type": {"error", "error", "default", "csp"},
	}
	keptNames = strings.Fields(`device.arch device.battery_level device.brand device.charging device.locale device.model_id device.name
		device.online device.orientation device.screen_density device.screen_dpi device.screen_height_pixels
		device.screen_width_pixels device.simulator device.uuid geo.city geo.country_code geo.region geo.subdivision http.referer
		os.build os.distribution.name os.distribution.version os.kernel_version profile.id replay.id unreal.crash_type`)
	someWords = []string{"one", "Two words", "50%_", "größe", "", ""}

	listWords = map[string][]string{
		"error.type": {"KeyError", "ValueError", "Key_rror", "keyerror"}, "error.value": {"no 'a'", "50% off_", "two\nlines"},
		"error.mechanism": {"generic", "onerror"},
		"stack.abs_path":  {"/app/cart.py", "/lib/db.py"}, "stack.filename": {"cart.py", "db.py", "Cart.py"},
		"stack.function": {"add", "total", "a%d"}, "stack.module": {"shop.cart", "lib.db"}, "stack.package": {"shop", "lib"},
	}
	listNumbers = map[string][]int32{"stack.lineno": {7, 12, 100}, "stack.colno": {1, 7}, "stack.stack_level": {0, 1, 2}}
	measured    = map[string][]float64{
		"measurements.lcp": {900, 2000, 2500.5}, "measurements.cls": {0, 0.25}, "spans.db": {5, 900}, "transaction.duration": {300, 2000},
	}
)

func init() {
	for _, name := range keptNames {
		keptWords[name] = someWords
	}
}

// oracleStack is what the stack traces of some events have.
type oracleStack struct {
	texts         map[string][]string
	numbers       map[string][]int32
	inApp, notApp bool
}

const stacksAProject = 5

// oracleStacks makes stacks whose digests are the same in each project, and their content is not.
func oracleStacks(r *rand.Rand) map[int64][]*oracleStack {
	stacks := map[int64][]*oracleStack{}
	for _, project := range []int64{1, 2, 3} {
		for range stacksAProject {
			s := &oracleStack{map[string][]string{}, map[string][]int32{}, r.IntN(2) == 0, r.IntN(2) == 0}
			for _, name := range slices.Sorted(maps.Keys(listWords)) {
				if strings.HasPrefix(name, "stack.") {
					s.texts[name] = some(r, listWords[name])
				}
			}
			for _, name := range slices.Sorted(maps.Keys(listNumbers)) {
				s.numbers[name] = some(r, listNumbers[name])
			}
			stacks[project] = append(stacks[project], s)
		}
	}
	return stacks
}

func some[T any](r *rand.Rand, values []T) []T {
	chosen := []T{}
	for _, value := range values {
		if r.IntN(2) == 0 {
			chosen = append(chosen, value)
		}
	}
	return chosen
}

// furnish gives an event its further fields.
func (e *oracleEvent) furnish(r *rand.Rand, stacks []*oracleStack) {
	for _, name := range slices.Sorted(maps.Keys(keptWords)) {
		e.texts[name] = pick(r, keptWords[name]...)
	}
	e.texts["occurrence_id"] = ""
	if e.kind == 1 {
		e.texts["event.type"], e.texts["occurrence_id"] = "generic", plain(e.item)
	}
	e.measured = map[string]float64{}
	for _, name := range slices.Sorted(maps.Keys(measured)) {
		if r.IntN(2) == 0 {
			e.measured[name] = pick(r, measured[name]...)
		}
	}
	e.lists = map[string][]string{}
	for _, name := range []string{"error.type", "error.value", "error.mechanism"} {
		e.lists[name] = some(r, listWords[name])
	}
	e.unhandled = r.IntN(3) == 0
	if r.IntN(2) == 0 {
		onMain := r.IntN(2) == 0
		e.onMain = &onMain
	}
	e.stack, e.stackNumber = &oracleStack{}, r.IntN(stacksAProject+2)
	if e.stackNumber < stacksAProject {
		e.stack = stacks[e.stackNumber]
	}
}

const furtherColumns = " fields error_types error_values error_mechanisms unhandled main_thread stack"

func (e *oracleEvent) furtherRow(t *testing.T) []any {
	t.Helper()
	kept := map[string]any{}
	for name := range keptWords {
		if text := e.texts[name]; text != "" && (name != "event.type" || e.kind == 2 && text != "error") {
			kept[name] = text
		}
	}
	for name, number := range e.measured {
		kept[name] = number
	}
	var fields, stack, unhandled any
	if len(kept) > 0 {
		text, err := json.Marshal(kept)
		if err != nil {
			t.Fatal(err)
		}
		fields = text
	}
	if e.stackNumber < stacksAProject {
		stack = digestOf(e.stackNumber)
	}
	if e.unhandled {
		unhandled = true
	}
	return []any{
		fields, orNull(e.lists["error.type"]), orNull(e.lists["error.value"]), orNull(e.lists["error.mechanism"]), unhandled, e.onMain, stack,
	}
}

func orNull(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

func digestOf(number int) uuid.UUID { return uuid.UUID{1, byte(number)} }

func storeStacks(t *testing.T, seed *storetest.Seed, stacks map[int64][]*oracleStack) {
	t.Helper()
	rows := [][]any{}
	for project, list := range stacks {
		for number, s := range list {
			rows = append(rows, []any{
				project, digestOf(number), now, s.texts["stack.abs_path"], s.texts["stack.filename"], s.texts["stack.function"],
				s.texts["stack.module"], s.texts["stack.package"], s.numbers["stack.lineno"], s.numbers["stack.colno"],
				s.numbers["stack.stack_level"], s.inApp, s.notApp,
			})
		}
	}
	seed.Copy(t, "stacks", "project_id digest last_day abs_paths filenames functions modules packages lines columns levels in_app not_in_app", rows)
}

// further asks for one of the further fields.
func (m queryMaker) further() string {
	not := pick(m.Rand, "", "", "!")
	switch m.IntN(8) {
	case 0, 1:
		name := pick(m.Rand, slices.Sorted(maps.Keys(listWords))...)
		if begin := []rune(pick(m.Rand, listWords[name]...))[:1]; m.IntN(4) == 0 { // lists, unlike texts, tell cases apart
			return not + name + ":" + quoted(pick(m.Rand, strings.ToUpper(string(begin)), string(begin))+"*")
		}
		return m.text(name, name, listWords[name], true)
	case 2:
		name := pick(m.Rand, slices.Sorted(maps.Keys(listNumbers))...)
		n := pick(m.Rand, listNumbers[name]...)
		return pick(m.Rand, not+"has:"+name, not+name+":"+pick(m.Rand, "", ">", ">=", "<", "<=", "!=")+fmt.Sprint(n), not+name+fmt.Sprintf(":[%d, 99]", n))
	case 3:
		name := pick(m.Rand, slices.Sorted(maps.Keys(measured))...)
		n := pick(m.Rand, measured[name]...)
		return pick(m.Rand, not+"has:"+name, not+name+":"+pick(m.Rand, "", ">", ">=", "<", "<=", "!=")+fmt.Sprint(n), not+name+fmt.Sprintf(":[%v, 99]", n))
	case 4:
		name := pick(m.Rand, "error.handled", "error.unhandled", "error.main_thread", "stack.in_app")
		return pick(m.Rand, not+"has:"+name, not+name+":"+pick(m.Rand, "true", "0", "!=true"))
	case 5:
		return pick(m.Rand, "timestamp.to_hour", "timestamp.to_day", "time") + ":" + m.date()
	case 6:
		return pick(m.Rand, not+"has:device.class", not+"device.class:"+pick(m.Rand, "low", "[medium, high]", `""`),
			m.text("http.url", "http.url", tagWords["url"], true), m.occurrence())
	}
	name := pick(m.Rand, slices.Sorted(maps.Keys(keptWords))...)
	return m.text(name, name, keptWords[name], name != "trace.parent_span")
}

func (m queryMaker) occurrence() string {
	id := plain(uuid.UUID{9})
	if i := m.issue(); len(i.events) > 0 {
		id = i.events[0].texts["occurrence_id"]
	}
	return m.text("occurrence_id", "occurrence_id", []string{id}, true)
}

// aboutHandling are fields that performance problems do not have, in whatever sense one asks.
var aboutHandling = []string{"error.handled", "error.unhandled", "error.main_thread"}

// further judges a condition on a further field whose negation was taken off; known is false when it is none.
func (j judge) further(f *searchquery.Filter, op searchquery.Op) (holds, known bool) {
	e := j.event
	yes, flag := f.Value.(searchquery.Enum)
	if words, ok := listWords[f.Key]; ok && len(words) > 0 {
		elements := e.lists[f.Key]
		if strings.HasPrefix(f.Key, "stack.") {
			elements = e.stack.texts[f.Key]
		}
		return listIs(elements, f.Value), true
	}
	if _, ok := listNumbers[f.Key]; ok {
		numbers := e.stack.numbers[f.Key]
		if f.Value == searchquery.String("") {
			return len(numbers) == 0, true
		}
		return slices.ContainsFunc(numbers, func(n int32) bool { return numberIs(float64(n), op, f.Value) }), true
	}
	if _, ok := measured[f.Key]; ok {
		number, has := e.measured[f.Key]
		if f.Value == searchquery.String("") {
			return !has, true
		}
		return has && numberIs(number, op, f.Value), true
	}
	switch f.Key {
	case "http.url":
		return textIs(e.tags["url"], f.Value), true
	case "timestamp.to_hour", "time":
		return compareTime(e.seen.Truncate(time.Hour), op, f.Value), true
	case "timestamp.to_day":
		return compareTime(e.seen.Truncate(day), op, f.Value), true
	case "error.handled":
		return e.unhandled != (flag && yes.Number == 1), true
	case "error.unhandled":
		return e.unhandled == (flag && yes.Number == 1), true
	case "error.main_thread":
		if !flag {
			return e.onMain == nil, true
		}
		return e.onMain != nil && *e.onMain == (yes.Number == 1), true
	case "stack.in_app":
		if !flag {
			return !e.stack.inApp && !e.stack.notApp, true
		}
		return yes.Number == 1 && e.stack.inApp || yes.Number == 0 && e.stack.notApp, true
	case "device.class":
		if !flag && f.Value == searchquery.String("") {
			return e.tags["device.class"] == "", true
		}
		return enumIs(f.Value, func(v searchquery.Enum) bool { return e.tags["device.class"] == fmt.Sprint(v.Number) }), true
	}
	return false, false
}

// listIs asks whether some element is what is looked for, in the case given; no value is an empty list.
func listIs(elements []string, value searchquery.Value) bool {
	if value == searchquery.String("") {
		return len(elements) == 0
	}
	return slices.ContainsFunc(elements, func(text string) bool {
		return slices.ContainsFunc(itemsOf(value), func(item searchquery.Value) bool {
			if p, ok := item.(searchquery.Pattern); ok {
				return regexp.MustCompile("(?s)^" + expression(p) + "$").MatchString(text)
			}
			return item == searchquery.String(text)
		})
	})
}
