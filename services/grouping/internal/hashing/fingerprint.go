package hashing

import (
	"regexp"
	"slices"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
	"github.com/picket-io/picket/services/grouping/internal/fingerprintrules"
)

const maxRawChecksum = 32 // characters

var isMD5 = regexp.MustCompile(`^[0-9a-f]{32}$`)

// decide turns component trees into variants with hashes: the checksum goes before the fingerprint, the fingerprint
// before the components, and when nothing contributes, there is the hash of nothing.
func decide(event *errorevent.Event, trees variants, r Result) []Variant {
	switch {
	case event.Checksum != "":
		return append(muted(trees, "checksum takes precedence"), checksumVariant(event.Checksum))
	case !slices.ContainsFunc(r.Fingerprint, fingerprintrules.IsDefault):
		return append(muted(trees, "custom fingerprint takes precedence"), customVariant(r))
	}
	var list []Variant
	used := false
	for _, name := range variantNames {
		tree := trees[name]
		if tree == nil {
			continue
		}
		v := Variant{Name: name, Component: tree, Contributes: tree.Contributes(), Hint: tree.Hint}
		if v.Contributes {
			if len(r.Fingerprint) > 1 {
				v.Salt = r.Fingerprint
			}
			v.Hash, used = hashOf(v.values()), true
		}
		list = append(list, v)
	}
	if !used {
		list = append(list, Variant{Name: variantFallback, Contributes: true, Hash: hashOf(nil)})
	}
	return list
}

func muted(trees variants, hint string) []Variant {
	var list []Variant
	for _, name := range variantNames {
		if tree := trees[name]; tree != nil {
			tree.mute(hint)
			list = append(list, Variant{Name: name, Component: tree, Hint: hint})
		}
	}
	return list
}

func checksumVariant(checksum string) Variant {
	v := Variant{Name: variantChecksum, Contributes: true, Salt: []string{checksum}, Hash: checksum}
	if !isMD5.MatchString(checksum) {
		v.Hash = hashOf(v.Salt)
	}
	return v
}

func customVariant(r Result) Variant {
	v := Variant{Name: variantCustom, Contributes: true, Salt: r.Fingerprint, Hash: hashOf(r.Fingerprint)}
	if r.Rule != nil && r.Rule.BuiltIn {
		v.Name = variantBuiltIn
	}
	return v
}

// values are what is hashed: the leaves of the components, mixed with the fingerprint where there is one.
func (v *Variant) values() []string {
	if v.Component == nil {
		return v.Salt
	}
	leaves := v.Component.leaves(nil)
	if v.Salt == nil {
		return leaves
	}
	var values []string
	for _, part := range v.Salt {
		if fingerprintrules.IsDefault(part) {
			values = append(values, leaves...)
		} else {
			values = append(values, part)
		}
	}
	return values
}
