package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
)

// An issue has one stack in most of its events and another in a few. A frame is one of 5,000 functions in 500 files.
const (
	stacksAGroup = 2
	frames       = 12
	functions    = 5000
	files        = 500
)

func digestOf(group int64, variant int) (digest uuid.UUID) {
	binary.BigEndian.PutUint64(digest[:], uint64(group)*0x9e3779b97f4a7c15) // spread over the index, as digests are
	digest[15] = byte(variant)
	return digest
}

const stackColumns = `project_id digest last_day abs_paths filenames functions modules packages lines columns levels in_app not_in_app`

func stackRow(r *rand.Rand, g *group, variant int, day time.Time) []any {
	var names, modules, called []string
	var lines []int32
	for range frames {
		function := skewed(r, functions)
		names = append(names, fmt.Sprintf("shop/views/module_%d.py", function%files))
		modules = append(modules, fmt.Sprintf("shop.views.module_%d", function%files))
		called, lines = append(called, fmt.Sprintf("handle_%d", function)), append(lines, int32(r.IntN(800)))
	}
	for _, texts := range [][]string{names, modules, called} {
		slices.Sort(texts)
	}
	slices.Sort(lines)
	return []any{
		g.project, digestOf(g.id, variant), day,
		[]string{},
		slices.Compact(names), slices.Compact(called), slices.Compact(modules),
		[]string{},
		slices.Compact(lines),
		[]int32{},
		[]int32{0},
		true, true,
	}
}
