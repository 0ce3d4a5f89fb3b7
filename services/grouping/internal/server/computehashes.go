package server

import (
	"context"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/fingerprintrules"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/hashing"
	"github.com/picket-io/picket/services/grouping/internal/stackrules"
)

// ComputeHashes computes the hashes that AssignGroups would compute now, and explains them.
func (g *Grouping) ComputeHashes(ctx context.Context, req *groupingv1.ComputeHashesRequest) (*groupingv1.ComputeHashesResponse, error) {
	e, err := g.assigner.Explain(ctx, req.GetProjectId(), errorEventFromProto(req.GetEvent()))
	if err != nil {
		return nil, err
	}
	resp := &groupingv1.ComputeHashesResponse{
		Algorithm: e.Algorithm.Name, SecondaryAlgorithm: e.SecondaryAlgorithm, FingerprintRule: fingerprintRuleToProto(e.Rule), Fingerprint: e.Fingerprint,
		ClientFingerprint: e.ClientFingerprint, Title: e.Description.Title, Culprit: e.Culprit,
	}
	for _, hash := range e.Hashes {
		resp.Hashes = append(resp.Hashes, &groupingv1.ComputedHash{Hash: hash.Value, Variant: hash.Variant, Components: hash.Values})
	}
	for _, hash := range e.Secondary {
		resp.SecondaryHashes = append(resp.SecondaryHashes, &groupingv1.ComputedHash{Hash: hash.Value, Variant: hash.Variant, Components: hash.Values})
	}
	for _, variant := range e.Variants {
		resp.Variants = append(resp.Variants, &groupingv1.HashVariant{
			Variant: variant.Name, Contributes: variant.Contributes, Hint: variant.Hint, Hash: variant.Hash, Salt: variant.Salt,
			Components: flatten(nil, variant.Component, 0),
		})
	}
	return resp, nil
}

// errorEventFromProto reads a level that is not given as error.
func errorEventFromProto(m *groupingv1.ErrorEventItem) *grouping.ErrorEvent {
	level := levelOf(m.GetEvent().GetLevel())
	if level == issue.NoLevel {
		level = issue.ErrorLevel
	}
	return &grouping.ErrorEvent{
		Event: eventFromProto(m.GetEvent()), Level: level, Fingerprint: m.GetFingerprint(), Checksum: m.GetChecksum(),
		Inputs: m.GetHashingInputs().AsMap(),
	}
}

// flatten lists a tree of components, each followed by those below it.
func flatten(list []*groupingv1.HashComponent, c *hashing.Component, depth int32) []*groupingv1.HashComponent {
	if c == nil {
		return list
	}
	m := &groupingv1.HashComponent{
		Id: c.ID, Depth: depth, Contributes: c.Contributes(), Hint: c.Hint, Values: c.Values, StackRule: stackRuleToProto(c.Rule),
	}
	for _, token := range c.Tokens {
		m.Tokens = append(m.Tokens, &groupingv1.ReplacedToken{Kind: token.Kind, Text: token.Text})
	}
	list = append(list, m)
	for _, child := range c.Children {
		list = flatten(list, child, depth+1)
	}
	return list
}

func fingerprintRuleToProto(rule *fingerprintrules.Rule) *groupingv1.MatchedRule {
	if rule == nil {
		return nil
	}
	return &groupingv1.MatchedRule{Text: rule.Text, Line: int32(rule.Line), BuiltIn: rule.BuiltIn}
}

func stackRuleToProto(rule *stackrules.Rule) *groupingv1.MatchedRule {
	if rule == nil {
		return nil
	}
	return &groupingv1.MatchedRule{Text: rule.Text, Line: int32(rule.Line), BuiltIn: rule.BuiltIn}
}
