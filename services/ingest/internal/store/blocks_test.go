package store

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBlocksHoldWhatIsAlikeNextToEachOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
		payloads := make([]Payload, rapid.IntRange(0, 200).Draw(t, "payloads"))
		large := rapid.Bool().Draw(t, "large")
		for i := range payloads {
			p := &payloads[i]
			p.ProjectID = rapid.Int64Range(1, 2).Draw(t, "project")
			p.ItemTime = day.Add(time.Duration(rapid.IntRange(0, 47).Draw(t, "hour")) * time.Hour)
			p.Likeness = rapid.StringMatching(`[a-c]{0,2}`).Draw(t, "likeness")
			p.Body = fmt.Append(nil, i)
			if large {
				p.Body = append(p.Body, bytes.Repeat([]byte(" "), rapid.IntRange(0, blockBytes).Draw(t, "bytes"))...)
			}
		}
		blocks, places := blocksOf(payloads)

		held := map[blockKey]*block{}
		for _, b := range blocks {
			held[b.blockKey] = b
			if len(b.lines) < 2 || len(b.lines) > blockPayloads || len(join(b.lines)) > blockBytes+len(b.lines) {
				t.Errorf("a block of %d payloads, %d bytes", len(b.lines), len(join(b.lines)))
			}
		}
		likeness := map[blockKey][]string{}
		for i, p := range payloads {
			if places[i] == nil {
				continue
			}
			key, line := places[i].block, places[i].line
			b := held[key]
			if b == nil || key.projectID != p.ProjectID || !key.day.Equal(dayOf(p.ItemTime)) || !bytes.Equal(b.lines[line], p.Body) {
				t.Fatalf("payload %d is not at its place, %+v", i, places[i])
			}
			if likeness[key] == nil {
				likeness[key] = make([]string, len(b.lines))
			}
			likeness[key][line] = p.Likeness
		}
		type drawer struct {
			project int64
			day     time.Time
		}
		last := map[drawer]string{}
		for _, b := range blocks {
			for _, of := range likeness[b.blockKey] {
				in := drawer{b.projectID, b.day}
				if strings.Compare(last[in], of) > 0 {
					t.Errorf("%q lies behind %q", of, last[in])
				}
				last[in] = of
			}
		}
	})
}
