// Package errorevent is an error event as grouping reads it: the parts from which hashes, title and culprit are made,
// decoded from what the sender wrote. What has the wrong form is left out, so that every event can be grouped.
package errorevent

// Event is the part of an error event that grouping reads. An empty text stands for an absent one.
type Event struct {
	Platform    string
	Level       string
	Logger      string
	Release     string
	Environment string
	Dist        string
	Transaction string
	SDK         string // name
	Culprit     string
	RequestURL  string
	Tags        map[string]string

	Message    *Message
	Exceptions []Exception // the one that was thrown last comes last
	Threads    []Thread
	Stacktrace *Stacktrace
	Template   *Template
	CSP        *CSP
	// Names of the hosts that these reports are about; nil when the event is none.
	HPKP, ExpectCT, ExpectStaple *string

	Fingerprint []string
	Checksum    string
}

// Message is a log entry.
type Message struct{ Raw, Formatted string }

// Text is the message as people read it.
func (m *Message) Text() string {
	switch {
	case m == nil:
		return ""
	case m.Formatted != "":
		return m.Formatted
	default:
		return m.Raw
	}
}

// Exception is one of a chain of exceptions.
type Exception struct {
	Type, Value string
	Stacktrace  *Stacktrace
	Mechanism   Mechanism
}

// Mechanism says how an exception came about.
type Mechanism struct {
	Type             string
	Synthetic        bool
	IsExceptionGroup bool
	ID, ParentID     *int64
	NSError          *NSError
}

// NSError is an error of Apple's Foundation.
type NSError struct{ Domain, Code string }

// Thread is one thread at the time of the event.
type Thread struct {
	Crashed, Current bool
	Stacktrace       *Stacktrace
}

// Stacktrace is a list of frames, the one nearest to the crash last.
type Stacktrace struct{ Frames []Frame }

// Frame is one call on a stack.
type Frame struct {
	AbsPath, Package, Module, Filename string
	Function, RawFunction              string
	ContextLine                        string
	Line, Column                       string // never hashed; they tell recursion
	Platform                           string // its own, else the event's
	InApp                              bool
	Sourcemap                          bool   // a source map was used
	Category                           string // given by stack rules
}

// SameCall tells whether two frames are the same call at the same place.
func (f *Frame) SameCall(other *Frame) bool {
	return f.AbsPath == other.AbsPath && f.Package == other.Package && f.Module == other.Module &&
		f.Filename == other.Filename && f.Function == other.Function && f.Line == other.Line && f.Column == other.Column
}

// Template is the place in a template of a web page.
type Template struct{ Filename, ContextLine string }

// CSP is a report of a violated content security policy.
type CSP struct{ EffectiveDirective, ViolatedDirective, BlockedURI string }

// LastException is the exception that was thrown last, or nil.
func (e *Event) LastException() *Exception {
	if len(e.Exceptions) == 0 {
		return nil
	}
	return &e.Exceptions[len(e.Exceptions)-1]
}

// CrashFrame is the frame in which it happened: the last one in the application, else the last one; nil when there is
// no stack trace.
func (e *Event) CrashFrame() *Frame {
	stack := e.Stacktrace
	if last := e.LastException(); last != nil && last.Stacktrace != nil {
		stack = last.Stacktrace
	} else if stack == nil && len(e.Threads) == 1 {
		stack = e.Threads[0].Stacktrace
	}
	return stack.crashFrame()
}

func (s *Stacktrace) crashFrame() *Frame {
	if s == nil || len(s.Frames) == 0 {
		return nil
	}
	for i := len(s.Frames) - 1; i >= 0; i-- {
		if s.Frames[i].InApp {
			return &s.Frames[i]
		}
	}
	return &s.Frames[len(s.Frames)-1]
}

// EachStacktrace calls visit with every stack trace and the exception that it belongs to, if it belongs to one.
func (e *Event) EachStacktrace(visit func(*Stacktrace, *Exception)) {
	for i := range e.Exceptions {
		if stack := e.Exceptions[i].Stacktrace; stack != nil {
			visit(stack, &e.Exceptions[i])
		}
	}
	if e.Stacktrace != nil {
		visit(e.Stacktrace, nil)
	}
	for i := range e.Threads {
		if stack := e.Threads[i].Stacktrace; stack != nil {
			visit(stack, nil)
		}
	}
}
