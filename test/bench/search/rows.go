package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

const (
	span     = 90 * 24 * time.Hour
	projects = 5
	zipf     = 1.1
)

// group is an issue to be stored.
type group struct {
	project, id         int64
	first, last         time.Time
	seen                int64
	status, substatus   int16
	priority            int16
	level               int16
	title, firstRelease string
	kind                string // of exception
	environments        map[string]firstSight
	hash                uuid.UUID
}

type firstSight struct {
	at      time.Time
	release string
}

func newGroup(r *rand.Rand, id int64) *group {
	g := &group{
		project: 1 + id%projects, id: id, priority: []int16{25, 50, 75}[r.IntN(3)], level: 40,
		kind:         choose(r, "TypeError", "ValueError", "IOError", "KeyError"),
		environments: map[string]firstSight{}, hash: newID(r),
	}
	g.title = fmt.Sprintf("%s: %s in handler %d", g.kind, choose(r, phrases...), id)
	switch r.IntN(10) {
	case 0, 1:
		g.status = 1
	case 2:
		g.status, g.substatus = 2, 5
	default:
		g.substatus = []int16{3, 3, 3, 6, 7}[r.IntN(5)]
	}
	return g
}

func choose[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

var (
	phrases   = []string{"x is undefined", "connection refused", "deadline exceeded", "no such file", "invalid argument", "out of range"}
	platforms = []string{"go", "python", "javascript", "java"}
)

const eventColumns = `project_id group_id seen_time kind item_id received_at event_id title message transaction level environment release user_id user_email user_name user_ip trace_id span tags
	fields error_types error_values error_mechanisms unhandled main_thread stack`

// event makes one event of a group, as what differs from the first, and lets the group know it.
func event(r *rand.Rand, g *group, at, now time.Time) ([]any, error) {
	environment := choose(r, "prod", "prod", "prod", "prod", "prod", "prod", "prod", "staging", "staging", "dev")
	release := fmt.Sprintf("shop@1.%d.0", at.Sub(now.Add(-span))/(2*24*time.Hour))
	g.saw(at, environment, release)
	tags, err := json.Marshal(map[string]string{
		"browser": fmt.Sprintf("Browser %d", skewed(r, 10)), "os": fmt.Sprintf("OS %d", skewed(r, 6)), "region": fmt.Sprintf("region-%d", r.IntN(5)),
		"server_name": fmt.Sprintf("web-%d", r.IntN(50)), "device": fmt.Sprintf("device-%d", skewed(r, 200)), "url": fmt.Sprintf("/shop/item/%d", r.IntN(1000)),
		"customer": fmt.Sprint(r.IntN(10_000)), "session": fmt.Sprintf("%016x", r.Uint64()),
	})
	if err != nil {
		return nil, err
	}
	var user string
	if r.IntN(10) > 0 {
		user = fmt.Sprint(r.IntN(50_000))
	}
	fields, err := json.Marshal(map[string]string{
		"http.method": choose(r, "GET", "GET", "GET", "POST"), "http.status_code": fmt.Sprint(500 + skewed(r, 20)),
		"location": fmt.Sprintf("shop/views/module_%d.py", g.id%files),
	})
	if err != nil {
		return nil, err
	}
	item, message := newID(r), fmt.Sprintf("%s while serving request %d", choose(r, phrases...), r.IntN(1_000_000))
	var unhandled *bool
	if r.IntN(5) == 0 {
		yes := true
		unhandled = &yes
	}
	return []any{
		g.project, g.id, at, int16(2), item, at.Add(time.Second), newID(r), g.title,
		message, fmt.Sprintf("/shop/%d", r.IntN(100)), choose(r, int16(20), 30, 40, 40, 40, 40, 40, 50), environment, release,
		user, "", "", "", newID(r), spanID, tags,
		fields,
		[]string{g.kind},
		[]string{message},
		[]string{"generic"},
		unhandled, nil, digestOf(g.id, r.IntN(10)/9),
	}, nil
}

var spanID = []byte{0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7}

// skewed prefers low numbers.
func skewed(r *rand.Rand, n int) int { return min(r.IntN(n), r.IntN(n), r.IntN(n)) }

func (g *group) saw(at time.Time, environment, release string) {
	if g.seen++; g.seen == 1 || at.Before(g.first) {
		g.first, g.firstRelease = at, release
	}
	if at.After(g.last) {
		g.last = at
	}
	if first, ok := g.environments[environment]; !ok || at.Before(first.at) {
		g.environments[environment] = firstSight{at, release}
	}
}

func newID(r *rand.Rand) (id uuid.UUID) {
	for i := 0; i < 16; i += 8 {
		n := r.Uint64()
		for j := range 8 {
			id[i+j] = byte(n >> (8 * j))
		}
	}
	return id
}
