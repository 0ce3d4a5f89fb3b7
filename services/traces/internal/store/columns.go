package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// columns are spans, column by column, as one INSERT takes them.
type columns struct {
	projectIDs, organizationIDs, startNanos, endNanos, selfNanos []int64
	traceIDs                                                     [][16]byte
	spanIDs, parentIDs, segmentIDs                               [][]byte
	endTimes                                                     []time.Time
	isSegment                                                    []bool
	kinds, statuses                                              []int16
	names, ops, descriptions, categories, transactions, services []string
	environments, releases, userTags, sdkNames                   []string
	attributes, events, links                                    []*string
}

func (c *columns) add(s *traces.Span) error {
	attributes, err := jsonOf(s.Attributes, true)
	if err != nil {
		return err
	}
	events, err := jsonOf(s.Events, len(s.Events) > 0)
	if err != nil {
		return err
	}
	links, err := jsonOf(s.Links, len(s.Links) > 0)
	if err != nil {
		return err
	}
	c.projectIDs = append(c.projectIDs, s.ProjectID)
	c.organizationIDs = append(c.organizationIDs, s.OrganizationID)
	c.traceIDs = append(c.traceIDs, s.TraceID)
	c.spanIDs = append(c.spanIDs, s.SpanID[:])
	c.parentIDs = append(c.parentIDs, nullable(s.ParentID))
	c.segmentIDs = append(c.segmentIDs, nullable(s.SegmentID))
	c.isSegment = append(c.isSegment, s.IsSegment)
	c.endTimes = append(c.endTimes, endTime(s))
	c.startNanos = append(c.startNanos, s.StartNanos)
	c.endNanos = append(c.endNanos, s.EndNanos)
	c.selfNanos = append(c.selfNanos, s.SelfNanos)
	c.kinds = append(c.kinds, int16(s.Kind))
	c.statuses = append(c.statuses, int16(s.Status))
	c.names = append(c.names, s.Name)
	c.ops = append(c.ops, s.Op)
	c.descriptions = append(c.descriptions, s.Description)
	c.categories = append(c.categories, s.Category)
	c.transactions = append(c.transactions, s.Transaction)
	c.services = append(c.services, s.Service)
	c.environments = append(c.environments, s.Environment)
	c.releases = append(c.releases, s.Release)
	c.userTags = append(c.userTags, s.User)
	c.sdkNames = append(c.sdkNames, s.SDKName)
	c.attributes = append(c.attributes, attributes)
	c.events = append(c.events, events)
	c.links = append(c.links, links)
	return nil
}

// endTime is what a span is partitioned by.
func endTime(s *traces.Span) time.Time {
	return time.Unix(0, s.EndNanos).UTC().Truncate(time.Microsecond)
}

func jsonOf(value any, present bool) (*string, error) {
	if !present {
		return nil, nil
	}
	content, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("span as JSON: %w", err)
	}
	text := string(content)
	return &text, nil
}

func nullable(id traces.SpanID) []byte {
	if id.IsZero() {
		return nil
	}
	return id[:]
}
