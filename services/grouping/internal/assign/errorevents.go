package assign

import (
	"context"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/errorevent"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/hashing"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

var errorType, _ = issue.TypeByID(1)

// Explanation is the hashes of an error event, why they are what they are, and what people will see of it.
type Explanation struct {
	hashing.Result
	hashing.Description
	Algorithm hashing.Algorithm
	// Secondary are the hashes of the version that the project had before, as long as they find issues.
	Secondary          []hashing.Hash
	SecondaryAlgorithm string
}

// Explain computes the hashes of an error event and changes nothing.
func (a *Assigner) Explain(ctx context.Context, projectID int64, event *grouping.ErrorEvent) (Explanation, error) {
	project, ok, err := a.store.Project(ctx, projectID)
	if err == nil && !ok {
		err = fault.Missing("project", projectID)
	}
	if err != nil {
		return Explanation{}, err
	}
	return a.explain(ctx, projectID, project, event)
}

// explain recovers from a panic, because an event that nobody thought of must not take others with it.
func (a *Assigner) explain(ctx context.Context, projectID int64, project store.Project, event *grouping.ErrorEvent) (e Explanation, err error) {
	defer func() {
		if p := recover(); p != nil {
			a.log.ErrorContext(ctx, "panic while hashing", "project", projectID, "event", event.Event.ID, "panic", p, "stack", string(debug.Stack()))
			err = &fault.Error{Kind: fault.Internal, Message: "panic"}
		}
	}()
	known := false
	if e.Algorithm, known = hashing.AlgorithmNamed(project.HashAlgorithm); !known {
		return e, fault.TryLater(time.Minute, nil, "this version does not know the hash algorithm %q of project %d", project.HashAlgorithm, projectID)
	}
	rules := a.hasher.rules(projectID, project)
	// One that this version does not know finds nothing: a later one knows both.
	if before, known := hashing.AlgorithmNamed(project.SecondaryAlgorithm); known && a.inTransition(project) {
		decoded := errorEventOf(event)
		e.Secondary, e.SecondaryAlgorithm = hashing.Compute(&decoded, rules, before).Hashes, before.Name
	}
	decoded := errorEventOf(event)
	e.Result = hashing.Compute(&decoded, rules, e.Algorithm)
	e.Description = hashing.Describe(&decoded, e.Result.Title)
	return e, nil
}

func (a *Assigner) inTransition(project store.Project) bool {
	return project.SecondaryAlgorithm != "" && project.SecondaryUntil != nil && !project.SecondaryUntil.Before(a.now())
}

// hashErrors makes occurrences of the error events among the items. Where that fails, the item has its error.
func (a *Assigner) hashErrors(ctx context.Context, projectID int64, project store.Project, items []grouping.Item, results []Result) []grouping.Item {
	if !slices.ContainsFunc(items, func(i grouping.Item) bool { return i.ErrorEvent != nil }) {
		return items
	}
	items = slices.Clone(items)
	for i := range items {
		event := items[i].ErrorEvent
		if event == nil {
			continue
		}
		explanation, err := a.explain(ctx, projectID, project, event)
		if err != nil {
			results[i].Err = err
			continue
		}
		items[i].Occurrence = occurrenceOf(event, explanation)
		items[i].ErrorEvent = &grouping.ErrorEvent{}
	}
	return items
}

func occurrenceOf(event *grouping.ErrorEvent, e Explanation) *grouping.Occurrence {
	o := &grouping.Occurrence{
		Algorithm: e.Algorithm.Number, Type: errorType, Title: e.Description.Title, Subtitle: e.Subtitle,
		Culprit: e.Culprit, Level: event.Level, Priority: grouping.PriorityOfLevel(event.Level), Metadata: e.Metadata,
		Event: event.Event,
	}
	o.Event.Fields = describedFields(o.Event.Fields, e.Description)
	for _, hash := range e.Hashes {
		o.Hashes = append(o.Hashes, grouping.HashOf(hash.Value))
	}
	for _, hash := range e.Secondary {
		o.Secondary = append(o.Secondary, grouping.HashOf(hash.Value))
	}
	return o
}

// describedFields adds what searches read of an event and only its hashing inputs say.
func describedFields(fields map[string]any, d hashing.Description) map[string]any {
	added := maps.Clone(fields)
	if added == nil {
		added = map[string]any{}
	}
	if d.Location != "" {
		added["location"] = d.Location
	}
	if d.Kind != hashing.OrdinaryKind {
		added["event.type"] = d.Kind
	}
	return added
}

func errorEventOf(event *grouping.ErrorEvent) errorevent.Event {
	e := errorevent.Decode(event.Inputs, event.Event.Platform)
	e.Level, e.Release, e.Environment, e.Dist = event.Level.String(), event.Event.Release, event.Event.Environment, event.Event.Dist
	e.Transaction, e.SDK = event.Event.Transaction, event.Event.SDKName
	e.Fingerprint, e.Checksum = event.Fingerprint, event.Checksum
	e.Tags = map[string]string{
		"transaction": e.Transaction, "release": e.Release, "environment": e.Environment, "dist": e.Dist, "level": e.Level,
		"logger": e.Logger,
	}
	for key, value := range event.Event.Tags {
		e.Tags[key] = value
	}
	return e
}
