package block

import (
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// What a token stands for. The letters are part of what is hashed, and so stored.
const (
	tokenTrace     = "t"
	tokenWord      = "w"
	tokenKey       = "k" // that an attribute is there
	tokenText      = "s"
	tokenNumber    = "n"
	tokenTrue      = "b1"
	tokenFalse     = "b0"
	tokenSeparator = "\x00"
)

// tokenised are the fields whose values have tokens. Names and descriptions are not looked for as a whole.
var tokenised = []word{wordOp, wordCategory, wordTransaction, wordService, wordEnvironment, wordRelease, wordUser, wordSDK}

// hasher makes tokens of one organization: what is common in one does not make another search more blocks. A token is
// a hash, so a block that it finds may not have what was looked for; the block itself says.
type hasher struct{ prefix string }

func newHasher(organizationID int64) hasher {
	return hasher{strconv.FormatInt(organizationID, 36) + tokenSeparator}
}

func (h hasher) token(parts ...string) uint64 {
	var d xxhash.Digest
	d.Reset()
	d.WriteString(h.prefix) //nolint:errcheck // it never fails
	for _, part := range parts {
		d.WriteString(part)           //nolint:errcheck // it never fails
		d.WriteString(tokenSeparator) //nolint:errcheck // it never fails
	}
	return d.Sum64()
}

func (h hasher) trace(id traces.TraceID) int32 { return int32(h.token(tokenTrace, string(id[:]))) }

func (h hasher) word(w word, text string) uint64 {
	return h.token(tokenWord, strconv.Itoa(int(w)), text)
}

func (h hasher) attribute(key string, of any) (uint64, bool) {
	switch of := of.(type) {
	case string:
		return h.token(tokenText, key, of), true
	case int64:
		if of >= 1<<53 || of <= -1<<53 {
			return h.token(tokenNumber, key, strconv.FormatInt(of, 10)), true
		}
		return h.token(tokenNumber, key, canonical(float64(of))), true
	case float64:
		return h.token(tokenNumber, key, canonical(of)), true
	case bool:
		if of {
			return h.token(tokenTrue, key), true
		}
		return h.token(tokenFalse, key), true
	}
	return 0, false // arrays and maps are equal to no text
}

// TraceTokens are those of the blocks that may have spans of some traces.
func TraceTokens(organizationID int64, ids []traces.TraceID) []int32 {
	h := newHasher(organizationID)
	tokens := make([]int32, len(ids))
	for i, id := range ids {
		tokens[i] = h.trace(id)
	}
	return tokens
}

// traceTokensOf are the tokens of the traces of spans that are sorted by trace.
func traceTokensOf(spans []traces.Span) []int32 {
	var tokens []int32
	h := newHasher(spans[0].OrganizationID)
	for i := range spans {
		if i == 0 || spans[i].TraceID != spans[i-1].TraceID {
			tokens = append(tokens, h.trace(spans[i].TraceID))
		}
	}
	return tokens
}

// tokensOf are the distinct other tokens of spans of one organization.
func tokensOf(spans []traces.Span) map[uint64]bool {
	h := newHasher(spans[0].OrganizationID)
	seen := make(map[uint64]bool, 4*len(spans))
	keys := map[string]bool{}
	for i := range spans {
		for _, w := range tokenised {
			if text := *w.of(&spans[i]); text != "" {
				seen[h.word(w, text)] = true
			}
		}
		for key, of := range spans[i].Attributes {
			if !keys[key] {
				keys[key] = true
				seen[h.token(tokenKey, key)] = true
			}
			if token, ok := h.attribute(key, of); ok {
				seen[token] = true
			}
		}
	}
	return seen
}
