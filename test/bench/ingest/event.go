package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
)

// newEvent makes the JSON of an event. What differs from event to event is as random as it is in life: ids, hosts,
// customers, durations.
func newEvent(random *rand.Rand, n uint64, now time.Time) []byte {
	var frames strings.Builder
	for i := range 9 {
		if i > 0 {
			frames.WriteByte(',')
		}
		fmt.Fprintf(&frames, `{"filename": "app/orders/module_%d.py", "function": "handle_%d_%d", "module": "app.orders.module_%d", "lineno": %d, "in_app": true, "context_line": "        return self.charge(order, amount=order.total_%d)"}`,
			(n+uint64(i))%97, n%211, i, (n+uint64(i))%97, 10+(n*7+uint64(i)*13)%800, i)
	}
	trace := strings.ReplaceAll(uuid.NewString(), "-", "")
	return fmt.Appendf(nil, `{"platform": "python", "timestamp": %q, "environment": %q, "release": "backend@4.2.%d",
"tags": {"server": "web-%d", "region": %q, "browser": "Firefox %d", "os": "Linux", "http.status": "%d", "handler": "checkout_%d", "customer": "customer-%d", "plan": %q},
"user": {"id": "%d", "email": "user%d@example.com", "ip_address": "203.0.113.%d"},
"request": {"url": "https://shop.example.com/checkout/%d", "method": "POST", "query_string": "step=%d&lang=en", "headers": {"Accept": "*/*", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0)", "X-Request-Id": %q}},
"contexts": {"trace": {"trace_id": %q, "span_id": %q, "op": "http.server"}, "os": {"name": "Linux", "version": "6.1"}},
"extra": {"order": %d, "took_ms": %d}, "sdk": {"name": "picket.bench", "version": "1.0.0"}, "stacktrace": {"frames": [%s]}}`,
		now.Format(time.RFC3339Nano), pick(random, "production", "staging"), random.IntN(20),
		random.IntN(40), pick(random, "eu-west-1", "us-east-1", "ap-south-1"), 120+random.IntN(14), 500+random.IntN(5), n%50, random.IntN(2000), pick(random, "free", "team", "business"),
		random.IntN(50_000), random.IntN(50_000), random.IntN(256), n, random.IntN(5), uuid.NewString(), trace, trace[:16],
		random.IntN(1_000_000), random.IntN(5_000), frames.String())
}

func pick(random *rand.Rand, words ...string) string { return words[random.IntN(len(words))] }
