package errorevent

// Decode reads the parts of an event from decoded JSON. Whether a list stands bare or below `values` makes no
// difference.
func Decode(inputs map[string]any, platform string) Event {
	d := decoder{platform: platform}
	e := Event{
		Platform: platform, Logger: text(inputs["logger"]), Culprit: text(inputs["culprit"]),
		RequestURL: text(object(inputs["request"])["url"]), Message: message(inputs),
		Stacktrace: d.stacktrace(inputs["stacktrace"]), Template: template(inputs["template"]),
		CSP: csp(inputs["csp"]), HPKP: hostReport(inputs["hpkp"]), ExpectCT: hostReport(inputs["expectct"]),
		ExpectStaple: hostReport(inputs["expectstaple"]),
	}
	for _, value := range values(inputs["exception"]) {
		e.Exceptions = append(e.Exceptions, d.exception(value))
	}
	for _, value := range values(inputs["threads"]) {
		e.Threads = append(e.Threads, Thread{
			Crashed: isTrue(value["crashed"]), Current: isTrue(value["current"]), Stacktrace: d.stacktrace(value["stacktrace"]),
		})
	}
	return e
}

type decoder struct{ platform string }

func (d decoder) exception(value map[string]any) Exception {
	return Exception{
		Type: text(value["type"]), Value: text(value["value"]), Stacktrace: d.stacktrace(value["stacktrace"]),
		Mechanism: mechanism(object(value["mechanism"])),
	}
}

func mechanism(value map[string]any) Mechanism {
	m := Mechanism{
		Type: text(value["type"]), Synthetic: isTrue(value["synthetic"]), IsExceptionGroup: isTrue(value["is_exception_group"]),
		ID: integer(value["exception_id"]), ParentID: integer(value["parent_id"]),
	}
	if nsError := object(object(value["meta"])["ns_error"]); nsError != nil {
		m.NSError = &NSError{Domain: text(nsError["domain"]), Code: text(nsError["code"])}
	}
	return m
}

// stacktrace gives nil for what is no stack trace. One without frames is one.
func (d decoder) stacktrace(value any) *Stacktrace {
	stack := object(value)
	if stack == nil {
		return nil
	}
	list, _ := stack["frames"].([]any)
	s := &Stacktrace{Frames: make([]Frame, 0, len(list))}
	for _, element := range list {
		if frame := object(element); frame != nil {
			s.Frames = append(s.Frames, d.frame(frame))
		}
	}
	return s
}

func (d decoder) frame(value map[string]any) Frame {
	f := Frame{
		AbsPath: text(value["abs_path"]), Package: text(value["package"]), Module: text(value["module"]),
		Filename: text(value["filename"]), Function: text(value["function"]), RawFunction: text(value["raw_function"]),
		ContextLine: text(value["context_line"]), Line: text(value["lineno"]), Column: text(value["colno"]),
		Platform: text(value["platform"]), InApp: isTrue(value["in_app"]),
		Sourcemap: object(value["data"])["sourcemap"] != nil,
	}
	if f.Platform == "" {
		f.Platform = d.platform
	}
	return f
}

// message reads the log entry, or the bare message of simple senders.
func message(inputs map[string]any) *Message {
	for _, key := range []string{"logentry", "message"} {
		switch value := inputs[key].(type) {
		case map[string]any:
			return &Message{Raw: text(value["message"]), Formatted: text(value["formatted"])}
		case nil:
		default:
			return &Message{Formatted: text(value)}
		}
	}
	return nil
}

func template(value any) *Template {
	t := object(value)
	if t == nil {
		return nil
	}
	return &Template{Filename: text(t["filename"]), ContextLine: text(t["context_line"])}
}

func csp(value any) *CSP {
	report := object(value)
	if report == nil {
		return nil
	}
	return &CSP{
		EffectiveDirective: text(report["effective_directive"]), ViolatedDirective: text(report["violated_directive"]),
		BlockedURI: text(report["blocked_uri"]),
	}
}

func hostReport(value any) *string {
	report := object(value)
	if report == nil {
		return nil
	}
	hostname := text(report["hostname"])
	return &hostname
}
