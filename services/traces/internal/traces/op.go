package traces

import "strings"

// opOf is what kind of work a span is: what the sender says, else what its attributes show.
func opOf(r *Received) string {
	op := r.text("sentry.op")
	if op == "" {
		op = inferOp(r)
	}
	return strings.ToLower(cut(op, MaxNameBytes))
}

func inferOp(r *Received) string {
	switch {
	case r.has("http.request.method", "http.method"):
		return inferHTTPOp(r)
	case r.has("db.system.name", "db.system"):
		return "db"
	case r.has("gen_ai.provider.name", "gen_ai.system"):
		return "gen_ai"
	case r.has("rpc.service"):
		return "rpc"
	case r.has("messaging.system"):
		return "message"
	}
	if trigger := r.text("faas.trigger"); trigger != "" {
		return trigger
	}
	return "default"
}

func inferHTTPOp(r *Received) string {
	switch r.Kind {
	case KindClient:
		return "http.client"
	case KindServer:
		return "http.server"
	}
	if prefetch, _ := r.Attributes["sentry.http.prefetch"].(bool); prefetch {
		return "http.prefetch"
	}
	return "http"
}

// categoryOf is the coarse kind of a span: what the sender says, else the first part of its op.
func categoryOf(r *Received, op string) string {
	if category := r.text("sentry.category"); category != "" {
		return cut(category, MaxNameBytes)
	}
	first, _, _ := strings.Cut(op, ".")
	switch {
	case op == "db.redis":
		return "cache"
	case first == "message":
		return "queue"
	case first == "default":
		return ""
	}
	return first
}
