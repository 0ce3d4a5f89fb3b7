package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/scrub"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

// sampler makes events as SDKs send them and brings them into their stored form, as the service does.
type sampler struct {
	*rand.Rand
	now time.Time
}

func samples(seed uint64, n int) ([][]byte, error) {
	s := &sampler{rand.New(rand.NewPCG(seed, 1)), time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)} //nolint:gosec // repeatable, not secret
	contents := make([][]byte, n)
	for i := range contents {
		var err error
		if contents[i], err = s.content(i); err != nil {
			return nil, err
		}
	}
	return contents, nil
}

// content is a stored body before it is compressed: of an error event, of an occurrence with its event, or without.
func (s *sampler) content(i int) ([]byte, error) {
	s.now = s.now.Add(time.Duration(s.Int64N(int64(4 * time.Hour))))
	event, err := decoded(s.event(kinds[i%len(kinds)]))
	if err != nil {
		return nil, err
	}
	var item ingest.Item
	received := s.now.Add(time.Duration(s.IntN(900)) * time.Millisecond)
	switch form := s.IntN(10); {
	case form < 5:
		item, err = ingest.ErrorEventDraft{ProjectID: 1 + s.Int64N(400), EventID: s.id(), Event: event}.Item(received)
	case form < 9:
		item, err = s.occurrence(event).Item(received)
	default:
		item, err = s.occurrence(nil).Item(received)
	}
	if err != nil {
		return nil, err
	}
	item.Finish(scrub.New(nil))
	var occurrence, body []byte
	if item.Occurrence != nil {
		if occurrence, err = item.Occurrence.Encode(); err != nil {
			return nil, err
		}
	}
	if item.Event != nil {
		body = item.Event.Body
	}
	return store.Body(occurrence, body), nil
}

func decoded(value any) (map[string]any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return ingest.DecodeObject(text)
}

func (s *sampler) event(k kind) map[string]any {
	route := s.route()
	event := map[string]any{
		"platform": k.platform, "timestamp": s.time(), "level": s.pick("error", "error", "error", "fatal", "warning", "info"),
		"environment": s.pick("production", "production", "staging", "development"), "release": s.release(),
		"transaction": route, "server_name": s.host(), "tags": s.tags(k, route), "user": s.user(), "request": s.request(k, route),
		"contexts": s.contexts(k), "breadcrumbs": map[string]any{"values": s.breadcrumbs()}, "extra": s.extra(k),
		"sdk": map[string]any{
			"name": k.sdk, "version": k.version, "integrations": k.integrations,
			"packages": []any{map[string]any{"name": s.pick("pypi:sentry-sdk", "npm:@sentry/node", "npm:@sentry/react", "maven:io.sentry:sentry", "nuget:sentry.dotnet"), "version": k.version}},
		},
	}
	if s.IntN(3) == 0 {
		event["stacktrace"] = map[string]any{"frames": s.frames(k)}
	}
	failure := k.errors[s.IntN(len(k.errors))]
	switch s.IntN(5) {
	case 0:
		event["logentry"] = map[string]any{"message": "could not process %s", "formatted": "could not process " + s.word(), "params": []any{s.word()}}
		event["logger"] = k.logger
	default:
		event["exception"] = map[string]any{"values": s.exceptions(k, failure)}
	}
	if len(k.modules) > 0 && s.IntN(2) == 0 {
		modules := map[string]any{}
		for _, name := range k.modules {
			modules[name] = s.version()
		}
		event["modules"] = modules
	}
	for _, name := range []string{"breadcrumbs", "extra", "user", "request", "server_name", "transaction"} {
		if s.IntN(5) == 0 {
			delete(event, name)
		}
	}
	return event
}

func (s *sampler) exceptions(k kind, f failure) []any {
	exceptions := make([]any, 1+s.IntN(5)/4)
	for i := range exceptions {
		exception := map[string]any{
			"type": f.kind, "value": s.fill(f.text), "mechanism": k.mechanism,
			"stacktrace": map[string]any{"frames": s.frames(k)},
		}
		if f.module != "" {
			exception["module"] = s.fill(f.module)
		}
		if k.platform == "java" || k.platform == "csharp" {
			exception["thread_id"] = s.IntN(200)
		}
		exceptions[i] = exception
	}
	return exceptions
}

func (s *sampler) frames(k kind) []any {
	frames := make([]any, 3+s.IntN(14))
	for i := range frames {
		if s.IntN(2) == 0 {
			frames[i] = s.ownFrame(k)
		} else {
			frames[i] = s.packageFrame(k)
		}
	}
	return frames
}

func (s *sampler) ownFrame(k kind) map[string]any {
	file := s.fill(s.pick(k.ownFiles...))
	f := map[string]any{"filename": file, "function": s.fill(s.pick(k.ownFunctions...)), "lineno": 1 + s.IntN(900), "in_app": true}
	if k.absolute != "" {
		f["abs_path"] = k.absolute + file
	}
	if !k.browser {
		f["module"] = strings.ReplaceAll(strings.TrimSuffix(file, ".py"), "/", ".")
	}
	if k.browser || k.platform == "node" {
		f["colno"] = 1 + s.IntN(90)
	}
	if len(k.contextLines) == 0 {
		return f
	}
	f["context_line"] = s.fill(s.pick(k.contextLines...))
	if k.context && s.IntN(3) == 0 {
		f["pre_context"], f["post_context"] = s.lines(k), s.lines(k)
	}
	if k.platform == "python" && s.IntN(3) == 0 {
		f["vars"] = map[string]any{
			"self": fmt.Sprintf("<%s object at 0x7f%010x>", s.fill("%s.services.%s"), s.Uint64N(1<<40)), "request": "<WSGIRequest: GET '/" + s.word() + "'>",
			s.word(): fmt.Sprint(s.IntN(9000)), "args": []any{}, "kwargs": map[string]any{},
		}
	}
	return f
}

func (s *sampler) lines(k kind) []any {
	lines := make([]any, 5)
	for i := range lines {
		lines[i] = s.fill(s.pick(k.contextLines...))
	}
	return lines
}

func (s *sampler) packageFrame(k kind) map[string]any {
	l := k.packageFrames[s.IntN(len(k.packageFrames))]
	f := map[string]any{"function": l.function, "in_app": false}
	if l.file != "" {
		f["filename"], f["lineno"] = l.file, max(1, l.line+s.IntN(9)-4)
	}
	if l.module != "" {
		f["module"] = l.module
	}
	if l.text != "" && k.context {
		f["context_line"] = l.text
	}
	if k.platform == "python" {
		f["abs_path"] = "/usr/local/lib/python3.12/site-packages/" + l.file
	}
	return f
}

func (s *sampler) tags(k kind, route string) map[string]any {
	all := map[string]any{
		"server": s.host(), "server_name": s.host(), "region": s.region(), "browser": s.browser(), "browser.name": s.pick("Chrome", "Firefox", "Safari", "Edge"), "os": s.pick("Linux", "Windows", "Mac OS X", "Android", "iOS"),
		"os.name": s.pick("Linux", "Windows", "Android"), "http.status": s.status(), "http.status_code": s.status(), "http.method": s.method(), "url": "https://www.example.com" + route, "handler": s.word(), "handled": s.pick("yes", "no"), "level": "error", "mechanism": "generic",
		"customer": s.pick("acme", "globex") + fmt.Sprint("-", s.IntN(900)), "customer_id": fmt.Sprint(s.IntN(90000)), "tenant": s.word(), "plan": s.pick("free", "pro", "team", "business", "enterprise"), "service": s.word(), "component": s.word(), "runtime": k.platform,
		"device": s.pick("iPhone", "Pixel 8", "Mac", "Desktop"), "locale": s.pick("en-US", "de-DE", "fr-FR"), "queue": s.pick("default", "high", "low"), "task": s.fill("%s.tasks.%s"), "feature": s.word(), "version": s.version(), "team": s.word(), "k8s.pod.name": s.host(), "request_id": s.dashed(), "transaction": route,
	}
	// A third of them. The names are sorted, so that a seed gives the same.
	tags := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if s.IntN(3) == 0 {
			tags[name] = all[name]
		}
	}
	return tags
}

func (s *sampler) user() map[string]any {
	user := map[string]any{"id": fmt.Sprint(s.IntN(90000)), "ip_address": s.address()}
	if s.IntN(2) == 0 {
		user["email"] = s.word() + fmt.Sprint(s.IntN(999)) + "@example.com"
	}
	if s.IntN(3) == 0 {
		user["username"] = s.word()
		user["geo"] = map[string]any{"country_code": s.pick("US", "DE", "FR", "GB"), "city": s.pick("Berlin", "Paris", "London"), "region": s.pick("Germany", "France", "United States")}
	}
	return user
}

func (s *sampler) request(k kind, route string) map[string]any {
	headers := map[string]any{"User-Agent": s.agent(), "Accept": s.pick("*/*", "application/json", "application/json, text/plain, */*")}
	if k.browser {
		headers["Referer"] = "https://www.example.com/" + s.word()
		return map[string]any{"url": "https://www.example.com" + route, "headers": headers}
	}
	for name, value := range map[string]any{
		"Host": "api.example.com", "Accept-Encoding": "gzip, deflate, br", "Accept-Language": "en-US,en;q=0.9", "Content-Type": "application/json", "Content-Length": fmt.Sprint(s.IntN(4000)), "Connection": "keep-alive",
		"X-Forwarded-For": s.address(), "X-Forwarded-Proto": "https", "X-Request-Id": s.dashed(), "Authorization": "Bearer " + s.id(), "Cookie": "session=" + s.id(), "Referer": "https://www.example.com/" + s.word(), "Origin": "https://www.example.com", "Traceparent": "00-" + s.id() + "-" + s.id()[:16] + "-01",
	} {
		headers[name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if s.IntN(3) == 0 {
			delete(headers, name)
		}
	}
	return map[string]any{
		"url": "https://api.example.com" + route, "method": s.method(), "query_string": s.pick("", s.fill("page=%d&%s=%s"), s.fill("id=%d"), s.fill("q=%s&lang=en")), "headers": headers,
		"data": map[string]any{s.word(): s.word(), "id": s.IntN(90000), "quantity": s.IntN(9)}, "cookies": map[string]any{}, "env": map[string]any{"REMOTE_ADDR": s.address(), "SERVER_NAME": s.host(), "SERVER_PORT": "8000"},
	}
}

func (s *sampler) contexts(k kind) map[string]any {
	contexts := map[string]any{
		"trace": map[string]any{
			"trace_id": s.id(), "span_id": s.id()[:16], "parent_span_id": s.id()[:16], "op": s.pick("http.server", "http.client", "db", "queue.process", "pageload", "navigation", "task"), "status": s.pick("ok", "internal_error", "unknown"),
			"origin": s.pick("auto.http.django", "manual", "auto.http.otel.http"), "sampled": true, "data": map[string]any{"http.request.method": s.method()},
		},
		"os": map[string]any{"name": s.pick("Linux", "Windows", "Mac OS X", "Android"), "version": s.pick("6.1", "10", "14.6.1", "5.15.0-1072-aws", "6.1.0-28-amd64"), "type": "os"},
	}
	if k.browser {
		contexts["browser"] = map[string]any{"name": s.pick("Chrome", "Firefox", "Safari", "Mobile Safari"), "version": s.version(), "type": "browser"}
		contexts["device"] = map[string]any{"family": s.pick("Mac", "iPhone", "Other"), "model": s.pick("Mac", "iPhone"), "brand": "Apple", "type": "device"}
		contexts["react"] = map[string]any{"version": "18.3.1"}
	} else {
		contexts["runtime"] = k.runtime
		contexts["device"] = map[string]any{"arch": s.pick("x86_64", "amd64", "arm64"), "num_cpu": 4, "memory_size": 16777216000, "free_memory": s.IntN(1 << 31), "boot_time": s.time(), "processor_count": 4}
		contexts["app"] = map[string]any{"app_start_time": s.time(), "app_memory": s.IntN(1 << 29)}
		contexts["culture"] = map[string]any{"locale": "en-US", "timezone": s.pick("UTC", "Europe/Berlin", "America/New_York")}
	}
	return contexts
}

func (s *sampler) breadcrumbs() []any {
	crumbs := make([]any, s.IntN(9))
	for i := range crumbs {
		crumb := map[string]any{"timestamp": s.time(), "level": s.pick("info", "info", "warning", "error"), "type": "default"}
		switch s.IntN(4) {
		case 0:
			crumb["category"], crumb["type"] = s.pick("httplib", "http", "fetch", "xhr"), "http"
			crumb["data"] = map[string]any{"url": s.fill("https://api.%s.com/v1/%s/%d"), "method": s.method(), "status_code": 200 + s.IntN(300), "reason": "OK"}
		case 1:
			crumb["category"], crumb["message"] = "query", s.fill(s.pick("SELECT * FROM %s WHERE id = %%s", "SELECT \"%s\".\"id\", \"%s\".\"name\" FROM \"%s\" WHERE \"%s\".\"id\" = %d LIMIT 21", "UPDATE %s SET updated_at = now() WHERE id = $1", "INSERT INTO %s (id, %s) VALUES ($1, $2)", "SELECT count(*) FROM %s"))
		case 2:
			crumb["category"], crumb["message"] = s.pick("console", "logger", "django.request", "app", "navigation"), s.fill(s.pick("GET /api/%s/%d", "processing %s %d", "retrying %s in %d ms", "cache miss for %s:%d", "%s started"))
		default:
			crumb["category"], crumb["message"] = s.pick("ui.click", "ui.input", "redis", "sentry.event"), s.fill(s.pick("div.%s > button.btn.btn-primary", "GET '%s:%d'", "body > div#root > main > a.%s"))
			crumb["data"] = map[string]any{"from": "/" + s.word(), "to": "/" + s.word(), "arguments": []any{s.word()}, "logger": "console"}
		}
		crumbs[i] = crumb
	}
	return crumbs
}

func (s *sampler) extra(k kind) map[string]any {
	extra := map[string]any{s.word() + "_id": s.IntN(900000), "duration_ms": s.IntN(9000), "attempt": s.IntN(5), s.word(): s.word()}
	if k.platform == "python" {
		extra["sys.argv"] = []any{"/usr/local/bin/gunicorn", s.word() + ".wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "4"}
	}
	return extra
}

// occurrence is a detection of its own, of the types that detectors have.
func (s *sampler) occurrence(event map[string]any) ingest.Draft {
	d := ingest.Draft{ID: s.dashed(), ProjectID: 1 + s.Int64N(400), EventID: s.id(), Fingerprint: []string{s.id()}, DetectionTime: s.now, Culprit: s.route()}
	kind := detections[s.IntN(len(detections))]
	d.Type, d.Title, d.Subtitle = kind.id, kind.title, s.fill(kind.text)
	if event != nil {
		event["project_id"], event["event_id"] = json.Number(fmt.Sprint(d.ProjectID)), d.EventID
	}
	d.EvidenceData = map[string]any{
		"transaction_name": d.Culprit, "op": kind.op, "parent_span_ids": []any{s.id()[:16]}, "cause_span_ids": []any{}, "offender_span_ids": []any{s.id()[:16], s.id()[:16]},
		"repeating_spans": d.Subtitle, "repeating_spans_compact": []any{d.Subtitle}, "num_repeating_spans": fmt.Sprint(s.IntN(90)),
	}
	d.EvidenceDisplay = []ingest.Evidence{{Name: "Transaction", Value: d.Culprit, Important: true}, {Name: "Offending Spans", Value: kind.op + " - " + d.Subtitle, Important: true}, {Name: "Duration Impact", Value: s.fill("%d% (%dms/%dms)"), Important: false}}
	if s.IntN(2) == 0 {
		d.EvidenceData, d.EvidenceDisplay = nil, nil
	}
	return d
}

var detections = []struct {
	id              int32
	title, op, text string
}{
	{1001, "Slow DB Query", "db", "SELECT \"%s\".\"id\" FROM \"%s\" WHERE \"%s\".\"id\" = %%s"},
	{1001, "Slow DB Query", "db", "SELECT * FROM %s WHERE %s_id = $1 ORDER BY created_at DESC"},
	{1006, "N+1 Query", "db", "SELECT * FROM %s WHERE %s_id = $1"},
	{1008, "Consecutive DB Queries", "db", "UPDATE %s SET %s = $1 WHERE id = $2"},
	{4001, "Monitor failure", "monitor", "Your monitor %s is failing: A missed check-in was detected"},
}

var words = strings.Fields("order orders customer account accounts payment payments invoice checkout cart product products user users session login auth search report reports upload import export billing subscription shipping address inventory stock price message notification email comment post article project team member role token webhook job task queue worker cache config setting profile image file document event metric status item category review coupon refund transfer balance ledger catalog store location device contact lead campaign ticket workflow schedule calendar booking")

func (s *sampler) pick(texts ...string) string { return texts[s.IntN(len(texts))] }

func (s *sampler) word() string { return words[s.IntN(len(words))] }

// fill puts words, numbers and hexadecimal digits into a text.
func (s *sampler) fill(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		switch text[i] {
		case 's':
			b.WriteString(s.word())
		case 'd':
			fmt.Fprint(&b, s.IntN(600))
		case 'x':
			fmt.Fprintf(&b, "%08x", s.Uint32())
		default:
			b.WriteString(text[i-1 : i+1])
		}
	}
	return b.String()
}

func (s *sampler) id() string {
	var id [16]byte
	for i := range id {
		id[i] = byte(s.Uint32())
	}
	return hex.EncodeToString(id[:])
}

func (s *sampler) dashed() string {
	id := s.id()
	return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
}

func (s *sampler) time() any {
	at := s.now.Add(-time.Duration(s.IntN(90_000)) * time.Millisecond)
	if s.IntN(3) == 0 {
		return float64(at.UnixMilli()) / 1000
	}
	return at.Format(s.pick(time.RFC3339Nano, "2006-01-02T15:04:05.000000Z", "2006-01-02T15:04:05.000Z", "2006-01-02T15:04:05.000000+00:00"))
}

func (s *sampler) route() string {
	return s.fill(s.pick("/api/%s/%d", "/api/0/%s/%s/", "/%s/%d", "/%s", "/v1/%s/{id}", "/%s/:id/%s"))
}

func (s *sampler) release() string {
	return s.pick(s.pick("backend", "frontend", "web", "api")+"@"+s.version(), s.id(), s.version(), s.word()+"@"+s.version()+"+"+s.id()[:7])
}

func (s *sampler) version() string {
	return fmt.Sprintf("%d.%d.%d", s.IntN(12), s.IntN(30), s.IntN(20))
}

func (s *sampler) host() string {
	return s.pick("web-", "api-", "worker-", "backend-", "ip-10-0-4-") + fmt.Sprint(s.IntN(90))
}

func (s *sampler) region() string {
	return s.pick("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-south-1", "ap-southeast-1", "us-central1")
}

func (s *sampler) status() string {
	return s.pick("200", "400", "401", "403", "404", "409", "422", "429", "500", "502", "503", "504")
}
func (s *sampler) method() string { return s.pick("GET", "GET", "POST", "PUT", "PATCH", "DELETE") }

func (s *sampler) browser() string {
	return s.pick("Chrome ", "Firefox ", "Safari ", "Edge ") + fmt.Sprint(100+s.IntN(40))
}

func (s *sampler) address() string {
	return fmt.Sprintf("%d.%d.%d.%d", 1+s.IntN(220), s.IntN(256), s.IntN(256), s.IntN(256))
}

func (s *sampler) agent() string {
	return s.pick("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1", "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
		"python-requests/2.32.3", "okhttp/4.12.0", "axios/1.7.7", "curl/8.5.0", "Go-http-client/1.1", "PostmanRuntime/7.42.0")
}
