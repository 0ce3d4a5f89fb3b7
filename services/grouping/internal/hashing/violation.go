package hashing

import (
	"net/url"
	"strings"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
)

const self = "'self'"

// cspComponent hashes the directive, and either how the page's own code broke it or what was blocked.
func cspComponent(csp *errorevent.CSP) *Component {
	blocked := normalBlockedURI(csp.BlockedURI)
	violation, uri := leaf("violation"), leaf("uri", blocked)
	if local := localViolation(csp, blocked); local != "" {
		violation.Values = []string{"'" + local + "'"}
		uri.mute("violation takes precedence")
	} else {
		violation.Hint = "not a local script violation"
	}
	return node("csp", leaf("salt", csp.EffectiveDirective), violation, uri)
}

func localViolation(csp *errorevent.CSP, blocked string) string {
	if csp.EffectiveDirective != "script-src" || blocked != self {
		return ""
	}
	for _, kind := range []string{"unsafe-inline", "unsafe-eval"} {
		if strings.Contains(csp.ViolatedDirective, "'"+kind+"'") {
			return kind
		}
	}
	return ""
}

// normalBlockedURI keeps of a URI what the policy looks at.
func normalBlockedURI(uri string) string {
	switch uri {
	case "", "self", self:
		return self
	}
	scheme, _, found := strings.Cut(uri, ":")
	switch {
	case !found:
		return uri
	case scheme == "data":
		return "data:"
	}
	parsed, err := url.Parse(uri)
	if err != nil {
		return uri
	}
	if scheme == "http" || scheme == "https" {
		return parsed.Host
	}
	return scheme + "://" + parsed.Host
}

// hostComponent hashes the reports that are about a host.
func hostComponent(id string, hostname *string) *Component {
	return node(id, leaf("salt", id), leaf("hostname", *hostname))
}

func templateComponent(t *errorevent.Template) *Component {
	return node("template", leaf("filename", t.Filename), leaf("context-line", t.ContextLine))
}
