package hashing

import "github.com/picket-io/picket/services/grouping/internal/errorevent"

// exception hashes the stack trace, the type, and only where neither a stack trace nor an NSError does, the value.
func (b builder) exception(e *errorevent.Exception) variants {
	stacks := variants{variantApp: node("stacktrace")}
	if e.Stacktrace != nil {
		stacks = b.stacktrace(e.Stacktrace, e)
	}
	result := variants{}
	for name, stack := range stacks {
		parts := []*Component{stack, typeComponent(e)}
		taken := ""
		if stack.Contributes() {
			taken = "ignored because stacktrace takes precedence"
		}
		if code := e.Mechanism.NSError; code != nil {
			c := leaf("ns-error", code.Domain, code.Code)
			parts = append(parts, c)
			if c.Contributes() && taken == "" {
				taken = "ignored because ns-error info takes precedence"
			}
		}
		value := b.messageLeaf("value", e.Value)
		if taken != "" && value.Contributes() {
			value.mute(taken)
		}
		result[name] = node("exception", append(parts, value)...)
	}
	return result
}

func typeComponent(e *errorevent.Exception) *Component {
	c := leaf("type", e.Type)
	if e.Mechanism.Synthetic {
		c.mute("ignored because exception is synthetic")
	}
	return c
}

// chain hashes the exceptions of an event, one after the other.
func (b builder) chain(exceptions []errorevent.Exception) variants {
	all := make([]variants, len(exceptions))
	for i := range exceptions {
		all[i] = b.exception(&exceptions[i])
	}
	chosen := chooseOfGroup(exceptions, all)
	if len(chosen) == 1 {
		return all[chosen[0]]
	}
	result := variants{}
	for _, i := range chosen {
		for name, c := range all[i] {
			if result[name] == nil {
				result[name] = node("chained-exception")
			}
			result[name].Children = append(result[name].Children, c)
		}
	}
	return result
}
