package server_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// A queryMaker writes random queries over every field that issue search answers.
type queryMaker struct {
	*rand.Rand
	issues []*oracleIssue
}

// query joins a few trees, and conditions on aggregates beside them.
func (m queryMaker) query() string {
	var parts []string
	for range m.IntN(4) {
		parts = append(parts, m.tree(3))
	}
	if m.IntN(4) == 0 {
		parts = append(parts, "timesSeen:"+pick(m.Rand, ">1", ">=2", "<3", "1", "[1, 2, 5]", "!=1"))
	}
	if m.IntN(6) == 0 {
		parts = append(parts, "lastSeen:"+m.date())
	}
	m.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return strings.Join(parts, pick(m.Rand, " ", " AND "))
}

func (m queryMaker) tree(depth int) string {
	switch n := m.IntN(8); {
	case depth == 0 || n < 3:
		return m.leaf()
	case n < 5:
		return "(" + m.tree(depth-1) + " OR " + m.tree(depth-1) + ")"
	case n < 7:
		return "(" + m.tree(depth-1) + pick(m.Rand, " AND ", " ") + m.tree(depth-1) + ")"
	}
	return "NOT (" + m.tree(depth-1) + ")"
}

func (m queryMaker) leaf() string {
	switch m.IntN(8) {
	case 7:
		return m.people()
	case 5, 6:
		return m.further()
	case 0:
		return m.aboutIssue()
	case 1:
		return m.tagFilter()
	case 2:
		return m.special()
	}
	name := pick(m.Rand, slices.Sorted(maps.Keys(words))...)
	if name == "message" && m.IntN(2) == 0 {
		return quoted(m.part(pick(m.Rand, words["message"]...)))
	}
	return m.text(strings.TrimPrefix(name, "sentry:"), name, words[name], name != "trace.span")
}

// text asks for a text: one that there is, one that there is not, several, a pattern, or whether there is any.
func (m queryMaker) text(written, field string, values []string, patterns bool) string {
	not := pick(m.Rand, "", "", "!")
	value := pick(m.Rand, values...)
	switch n := m.IntN(8); {
	case n == 0:
		return not + "has:" + written
	case n == 1 && !strings.HasPrefix(field, "trace."):
		return not + written + ":[" + quoted(value+"x") + ", " + quoted(cmpOr(value, "none")) + "]"
	case n <= 3 && patterns && field != "environment":
		return not + written + ":" + quoted(m.pattern(value))
	case n == 4 && !strings.HasPrefix(field, "trace."):
		return not + written + ":" + quoted(strings.ToUpper(cmpOr(value, "nothing")))
	}
	return not + written + ":" + quoted(value)
}

func cmpOr(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func (m queryMaker) part(value string) string {
	runes := []rune(value)
	if len(runes) < 4 {
		return "refused"
	}
	from := m.IntN(len(runes) - 2)
	text := strings.TrimSpace(string(runes[from : from+2+m.IntN(len(runes)-from-1)]))
	if text = strings.ReplaceAll(strings.ReplaceAll(text, `\`, ""), "\n", ""); text == "" {
		return "un*ed"
	}
	return text
}

func (m queryMaker) pattern(value string) string {
	literal := strings.ReplaceAll(strings.ReplaceAll(m.part(value), "*", `\*`), "\n", "")
	return pick(m.Rand, "*"+literal+"*", literal+"*", "*"+literal, "*", strings.ToUpper(literal)+"*")
}

func quoted(value string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(value, `"`, ""), `\d`, "d") + `"`
}

func (m queryMaker) tagFilter() string {
	key := pick(m.Rand, slices.Sorted(maps.Keys(tagWords))...)
	written := pick(m.Rand, key, "tags["+key+"]")
	if key == "device.class" { // a field of that name reads it otherwise
		written = "tags[" + key + "]"
	}
	values := tagWords[key]
	if key == "level" && written == key {
		values = []string{"error", "warning", "fatal", "sample", "info", "debug", ""}
	}
	return m.text(written, key, values, true)
}

func (m queryMaker) aboutIssue() string {
	not := pick(m.Rand, "", "", "!")
	switch m.IntN(12) {
	case 0:
		return not + "is:" + pick(m.Rand, "unresolved", "resolved", "archived", "ignored", "muted", "reprocessing", "assigned", "unassigned",
			"for_review", "new", "ongoing", "escalating", "regressed", "archived_forever", "until_escalating")
	case 1:
		return not + "status:" + pick(m.Rand, "unresolved", "[resolved, ignored]", `""`)
	case 2:
		return not + "substatus:" + pick(m.Rand, "new", "[ongoing, forever]", `""`)
	case 3:
		return not + "issue.priority:" + pick(m.Rand, "high", "[low, MEDIUM]", `""`)
	case 4:
		return not + "issue.category:" + pick(m.Rand, "error", "[cron, performance]", "feedback", `""`)
	case 5:
		return not + "issue.type:" + pick(m.Rand, "error", "monitor_check_in_failure", "[feedback, error]", `""`)
	case 6:
		return not + "assigned:" + pick(m.Rand, "none", "user:1", "[team:1, none]", "user:9", `""`)
	case 7:
		return not + "issue:" + pick(m.Rand, m.shortID(m.issue()), "["+m.shortID(m.issue())+", "+m.shortID(m.issue())+"]")
	case 8:
		return not + "issue.id:" + pick(m.Rand, fmt.Sprint(m.issue().id), fmt.Sprintf("[%d, %d]", m.issue().id, m.issue().id), ">10", "<=20")
	case 9:
		return not + "project:" + pick(m.Rand, "backend", "[backend, web-shop]")
	case 10:
		return not + "project.id:" + pick(m.Rand, "1", "2", "[1, 3]", ">1")
	}
	return pick(m.Rand, "firstSeen:"+m.date(), not+"has:firstSeen", m.text("firstRelease", "first_release", words["release"], false))
}

func (m queryMaker) issue() *oracleIssue { return m.issues[m.IntN(len(m.issues))] }

func (m queryMaker) shortID(i *oracleIssue) string {
	slug := projectSlugs[i.project]
	if i.project == 3 {
		slug = "backend"
	}
	return slug + "-" + base32(i.id)
}

func (m queryMaker) special() string {
	not := pick(m.Rand, "", "", "!")
	switch m.IntN(5) {
	case 0:
		return pick(m.Rand, "date", "timestamp", "event.timestamp", "error.received") + ":" + m.date()
	case 1:
		return not + "trace:" + pick(m.Rand, plain(oracleTraces[0]), plain(uuid.UUID{9}), "["+plain(oracleTraces[1])+", "+plain(oracleTraces[2])+"]", `""`)
	case 2:
		id := uuid.UUID{9}
		if i := m.issue(); len(i.events) > 0 {
			id = i.events[0].id
		}
		return not + "id:" + pick(m.Rand, plain(id), id.String(), "["+plain(id)+"]", `""`)
	case 3:
		return m.text("user", "user", []string{"id:1", "email:one@example.com", "username:one", "ip:10.0.0.1", "id:9"}, true)
	}
	return m.text("user.display", "user.display", []string{"1", "one@example.com", "one", "10.0.0.1"}, true)
}

func plain(id uuid.UUID) string { return strings.ReplaceAll(id.String(), "-", "") }

func (m queryMaker) date() string {
	at := moment(m.Rand)
	return pick(m.Rand, "-2h", "-24h", "-14d", "+1h", "+3d", at.Format("2006-01-02"),
		pick(m.Rand, ">", ">=", "<", "<=", "", "=", "!=")+at.Format("2006-01-02T15:04:05.000000Z"))
}
