package hashing

import (
	"fmt"
	"strings"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
)

// Description is what people see of an event.
type Description struct {
	Title, Subtitle, Culprit string
	Kind                     string // of event: error, default, or that of a report
	Location                 string // file of the frame where it happened, or what a report is about
	Metadata                 map[string]any
}

// OrdinaryKind is the kind of events with an exception.
const OrdinaryKind = "error"

const (
	maxTitleText     = 100
	maxMetadataType  = 128
	maxMetadataValue = 1024
	maxCulprit       = 200
	maxLocation      = 200
	unlabeled        = "<unlabeled event>"
	unknownTitle     = "<unknown>"
)

// Describe makes the texts of an event. A title that a rule gives goes before the event's own.
func Describe(event *errorevent.Event, ruleTitle string) Description {
	d := Description{Kind: kindOf(event), Metadata: map[string]any{}, Culprit: cut(culprit(event), maxCulprit)}
	switch {
	case len(event.Exceptions) > 0:
		d.describeException(event)
	case event.CSP != nil:
		d.Title = cspTitle(event.CSP)
		d.Location = cut(normalBlockedURI(event.CSP.BlockedURI), maxLocation)
		d.Metadata["directive"], d.Metadata["uri"] = event.CSP.EffectiveDirective, normalBlockedURI(event.CSP.BlockedURI)
	case event.HPKP != nil:
		d.Title = fmt.Sprintf("Public key pinning failed for '%s'", *event.HPKP)
	case event.ExpectStaple != nil:
		d.Title = fmt.Sprintf("Expect-Staple failed for '%s'", *event.ExpectStaple)
	case event.ExpectCT != nil:
		d.Title = fmt.Sprintf("Expect-CT failed for '%s'", *event.ExpectCT)
	default:
		if d.Title = firstLine(event.Message.Text()); d.Title == "" {
			d.Title = unlabeled
		}
	}
	if ruleTitle != "" {
		d.Title = ruleTitle
	}
	return d
}

func kindOf(event *errorevent.Event) string {
	switch {
	case len(event.Exceptions) > 0:
		return OrdinaryKind
	case event.CSP != nil:
		return "csp"
	case event.HPKP != nil:
		return "hpkp"
	case event.ExpectStaple != nil:
		return "expectstaple"
	case event.ExpectCT != nil:
		return "expectct"
	default:
		return "default"
	}
}

// describeException tells of the exception that was thrown last. A synthetic one has no type of its own.
func (d *Description) describeException(event *errorevent.Event) {
	e := mainException(event)
	d.Subtitle = cut(e.Value, maxMetadataValue)
	if frame := event.CrashFrame(); frame != nil {
		setText(d.Metadata, "function", frame.Function)
		setText(d.Metadata, "filename", frame.Filename)
		d.Location = cut(frame.Filename, maxLocation)
	}
	kind := e.Type
	if e.Mechanism.Synthetic {
		kind = ""
	}
	setText(d.Metadata, "type", cut(kind, maxMetadataType))
	switch function, _ := d.Metadata["function"].(string); {
	case kind == "" && function != "":
		d.Title = function
	case kind == "":
		d.Title = unknownTitle
	case firstLine(e.Value) != "":
		d.Title = cut(kind, maxMetadataType) + ": " + firstLine(e.Value)
	default:
		d.Title = cut(kind, maxMetadataType)
	}
}

// mainException is the last one, except where React only says that it recovered from another.
func mainException(event *errorevent.Event) *errorevent.Exception {
	last := event.LastException()
	recovered := strings.HasPrefix(last.Value, "There was an error during concurrent rendering but React was able to recover") ||
		strings.HasPrefix(last.Value, "There was an error while hydrating but React was able to recover")
	if n := len(event.Exceptions); recovered && n > 1 && errorevent.FamilyOf(event.Platform) == errorevent.JavaScript {
		return &event.Exceptions[n-2]
	}
	return last
}

func cspTitle(csp *errorevent.CSP) string {
	blocked := normalBlockedURI(csp.BlockedURI)
	directive := strings.TrimSuffix(csp.EffectiveDirective, "-src")
	switch localViolation(csp, blocked) {
	case "unsafe-inline":
		return fmt.Sprintf("Blocked inline '%s'", directive)
	case "unsafe-eval":
		return fmt.Sprintf("Blocked eval of '%s'", directive)
	}
	return fmt.Sprintf("Blocked '%s' from '%s'", directive, strings.Trim(blocked, "'"))
}

// culprit is where it happened: as the sender says, else the transaction, else the frame, else the page.
func culprit(event *errorevent.Event) string {
	switch {
	case event.Culprit != "":
		return event.Culprit
	case event.Transaction != "":
		return event.Transaction
	case event.CSP != nil:
		return event.CSP.EffectiveDirective
	}
	if last := event.LastException(); last != nil && last.Mechanism.Synthetic {
		return ""
	}
	if frame := event.CrashFrame(); frame != nil {
		return place(frame)
	}
	return event.RequestURL
}

func place(f *errorevent.Frame) string {
	function := f.Function
	if function == "" {
		function = "?"
	}
	file := f.Module
	if file == "" {
		file = f.Filename
	}
	switch family := errorevent.FamilyOf(f.Platform); {
	case family == errorevent.Native:
		return function
	case file == "":
		return ""
	case family == errorevent.JavaScript:
		return function + "(" + file + ")"
	default:
		return file + " in " + function
	}
}

func setText(metadata map[string]any, key, value string) {
	if value != "" {
		metadata[key] = cut(value, maxMetadataValue)
	}
}

func firstLine(text string) string {
	text = strings.TrimFunc(text, isSpace)
	if end := strings.IndexFunc(text, isLineEnd); end >= 0 {
		text = text[:end]
	}
	return cut(text, maxTitleText)
}

// cut keeps the first characters of a text.
func cut(text string, characters int) string {
	for at := range text {
		if characters == 0 {
			return text[:at]
		}
		characters--
	}
	return text
}
