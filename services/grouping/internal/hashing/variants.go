package hashing

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
)

// variantNames is every variant that components make, in the order in which they are listed.
var variantNames = []string{variantApp, variantSystem, variantDefault}

// componentTrees makes the components of all that an event has, by variant. What takes precedence wins; the rest stays
// in the trees and does not contribute.
func componentTrees(event *errorevent.Event, b builder) variants {
	trees := variants{}
	winner := ""
	for _, part := range b.parts(event) {
		if len(part) > 1 {
			b.prune(part)
		}
		names := contributing(part)
		for _, name := range variantNames {
			c := part[name]
			if c == nil {
				continue
			}
			if trees[name] == nil {
				trees[name] = node(name)
			}
			trees[name].Children = append(trees[name].Children, c)
			if winner != "" && c.Contributes() {
				c.mute(winner)
			}
		}
		if winner == "" && len(names) > 0 {
			winner = "ignored because the " + part[names[0]].ID + " takes precedence"
		}
	}
	for _, tree := range trees {
		if !tree.Contributes() && tree.Hint == "" {
			tree.Hint = onlyHint(tree, winner)
		}
	}
	return trees
}

// onlyHint says why a tree does not contribute: what its first part says, or that something else was there before.
func onlyHint(tree *Component, winner string) string {
	for _, child := range tree.Children {
		if child.Hint != "" {
			return child.Hint
		}
	}
	return winner
}

// parts lists what an event has, that with precedence first.
func (b builder) parts(event *errorevent.Event) []variants {
	var parts []variants
	single := func(c *Component) { parts = append(parts, variants{variantDefault: c}) }
	if len(event.Exceptions) > 0 {
		parts = append(parts, b.chain(event.Exceptions))
	}
	if len(event.Threads) > 0 {
		parts = append(parts, b.threads(event.Threads))
	}
	if event.Stacktrace != nil {
		parts = append(parts, b.stacktrace(event.Stacktrace, nil))
	}
	if event.Template != nil {
		single(templateComponent(event.Template))
	}
	if event.CSP != nil {
		single(cspComponent(event.CSP))
	}
	for _, report := range []struct {
		id       string
		hostname *string
	}{{"hpkp", event.HPKP}, {"expect-staple", event.ExpectStaple}, {"expect-ct", event.ExpectCT}} {
		if report.hostname != nil {
			single(hostComponent(report.id, report.hostname))
		}
	}
	if event.Message != nil {
		single(b.messageComponent(event.Message))
	}
	return parts
}

// prune keeps two variants apart only where both say something: `app` is muted when there is no `system`, or when it
// says the same (later versions mute the other one); and of two, one without a stack trace is muted where the other has one.
func (b builder) prune(part variants) {
	app, system := part[variantApp], part[variantSystem]
	if b.algorithm.appFirst && app.Contributes() && hashOf(app.leaves(nil)) == hashOf(system.leaves(nil)) {
		system.mute("ignored because hash matches app variant")
		return
	}
	switch {
	case !system.Contributes():
		app.mute("ignored because system variant is not used")
		return
	case app.Contributes() && hashOf(app.leaves(nil)) == hashOf(system.leaves(nil)):
		app.mute("ignored because hash matches system variant")
		return
	}
	inApp, inSystem := app.has("stacktrace"), system.has("stacktrace")
	if inApp && !inSystem {
		system.mute("ignored because app variant has a contributing stacktrace")
	} else if inSystem && !inApp {
		app.mute("ignored because system variant has a contributing stacktrace")
	}
}

func contributing(part variants) []string {
	var names []string
	for _, name := range variantNames {
		if part[name] != nil && part[name].Contributes() {
			names = append(names, name)
		}
	}
	return names
}

// threads uses the one thread that crashed, else the one that was current, else the only one.
func (b builder) threads(threads []errorevent.Thread) variants {
	one := func(is func(errorevent.Thread) bool) *errorevent.Thread {
		at := slices.IndexFunc(threads, is)
		if at < 0 || slices.ContainsFunc(threads[at+1:], is) {
			return nil
		}
		return &threads[at]
	}
	thread := one(func(t errorevent.Thread) bool { return t.Crashed })
	if thread == nil {
		thread = one(func(t errorevent.Thread) bool { return t.Current })
	}
	if thread == nil && len(threads) == 1 {
		thread = &threads[0]
	}
	unused := node("threads")
	switch {
	case thread == nil:
		unused.mute("ignored because it contains neither a single thread nor a single crashing or current thread")
		return variants{variantApp: unused}
	case thread.Stacktrace == nil:
		unused.mute("thread has no stacktrace")
		return variants{variantApp: unused}
	}
	result := variants{}
	for name, stack := range b.stacktrace(thread.Stacktrace, nil) {
		result[name] = node("threads", stack)
	}
	return result
}

// hashes of a variant: one, and of a short checksum also its text.
func (v *Variant) hashes() []Hash {
	hashes := []Hash{{Value: v.Hash, Variant: v.Name, Values: v.values()}}
	if v.Name == variantChecksum && len(v.Salt) == 1 && v.Salt[0] != v.Hash && utf8.RuneCountInString(v.Salt[0]) <= maxRawChecksum {
		hashes = append(hashes, Hash{Value: strings.Clone(v.Salt[0]), Variant: v.Name, Values: v.Salt})
	}
	return hashes
}
