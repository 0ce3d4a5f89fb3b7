package server

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/shortid"
	"github.com/picket-io/picket/services/search/internal/search"
)

var sorts = map[searchv1.IssueSort]search.Sort{
	searchv1.IssueSort_ISSUE_SORT_UNSPECIFIED: search.ByDate,
	searchv1.IssueSort_ISSUE_SORT_DATE:        search.ByDate,
	searchv1.IssueSort_ISSUE_SORT_NEW:         search.ByNew,
	searchv1.IssueSort_ISSUE_SORT_FREQ:        search.ByFreq,
	searchv1.IssueSort_ISSUE_SORT_USER:        search.ByUser,
	searchv1.IssueSort_ISSUE_SORT_TRENDS:      search.ByTrends,
	searchv1.IssueSort_ISSUE_SORT_INBOX:       search.ByInbox,
	searchv1.IssueSort_ISSUE_SORT_RECOMMENDED: search.ByRecommended,
}

var sortsToProto = map[search.Sort]searchv1.IssueSort{
	search.ByDate:        searchv1.IssueSort_ISSUE_SORT_DATE,
	search.ByNew:         searchv1.IssueSort_ISSUE_SORT_NEW,
	search.ByFreq:        searchv1.IssueSort_ISSUE_SORT_FREQ,
	search.ByUser:        searchv1.IssueSort_ISSUE_SORT_USER,
	search.ByTrends:      searchv1.IssueSort_ISSUE_SORT_TRENDS,
	search.ByInbox:       searchv1.IssueSort_ISSUE_SORT_INBOX,
	search.ByRecommended: searchv1.IssueSort_ISSUE_SORT_RECOMMENDED,
}

var seriesOf = map[searchv1.StatsPeriod]search.Series{
	searchv1.StatsPeriod_STATS_PERIOD_UNSPECIFIED: search.NoSeries,
	searchv1.StatsPeriod_STATS_PERIOD_DAY:         search.LastDay,
	searchv1.StatsPeriod_STATS_PERIOD_FORTNIGHT:   search.LastFortnight,
	searchv1.StatsPeriod_STATS_PERIOD_AUTO:        search.WholeWindow,
}

var levels = map[issue.Level]issuesv1.Level{
	issue.NoLevel:    issuesv1.Level_LEVEL_UNSPECIFIED,
	issue.Sample:     issuesv1.Level_LEVEL_SAMPLE,
	issue.Debug:      issuesv1.Level_LEVEL_DEBUG,
	issue.Info:       issuesv1.Level_LEVEL_INFO,
	issue.Warning:    issuesv1.Level_LEVEL_WARNING,
	issue.ErrorLevel: issuesv1.Level_LEVEL_ERROR,
	issue.Fatal:      issuesv1.Level_LEVEL_FATAL,
}

// statusToProto: the contract numbers statuses from 1, because 0 says that none is given.
func statusToProto(s issue.Status) issuesv1.Status { return issuesv1.Status(s) + 1 }

// inboxReasonToProto: stored reasons begin with 0 and have no 1, which is where the contract puts the first.
func inboxReasonToProto(r *issue.InboxReason) issuesv1.InboxReason {
	switch {
	case r == nil:
		return issuesv1.InboxReason_INBOX_REASON_UNSPECIFIED
	case *r == issue.InboxNew:
		return issuesv1.InboxReason_INBOX_REASON_NEW
	}
	return issuesv1.InboxReason(*r)
}

func rowToProto(scope search.Scope, row search.Row) (*issuesv1.Issue, error) {
	converted, err := issueToProto(scope, row.Issue)
	if err != nil {
		return nil, err
	}
	if row.Matching.Events > 0 {
		converted.Matching = countsToProto(row.Matching)
	}
	if row.Window.Events > 0 {
		converted.Window = countsToProto(row.Window)
	}
	converted.Stats = pointsToProto(row.Series)
	converted.LatestEvent = eventToProto(row.Latest)
	return converted, nil
}

func pointsToProto(series []search.Point) []*issuesv1.StatsPoint {
	var points []*issuesv1.StatsPoint
	for _, p := range series {
		points = append(points, &issuesv1.StatsPoint{Time: timestamppb.New(p.Time), Count: p.Count})
	}
	return points
}

func issueToProto(scope search.Scope, i search.Issue) (*issuesv1.Issue, error) {
	metadata := &structpb.Struct{}
	if err := protojson.Unmarshal(i.Metadata, metadata); err != nil {
		return nil, fmt.Errorf("metadata of issue %d: %w", i.ID, err)
	}
	t, _ := issue.TypeByID(i.Type)
	slug := scope.Slug(i.ProjectID)
	converted := &issuesv1.Issue{
		Id: i.ID, ProjectId: i.ProjectID, ProjectSlug: slug, ShortId: shortid.Format(slug, i.ShortID),
		Title: i.Title, Culprit: i.Culprit, Message: i.Message, Level: levels[i.Level], Platform: i.Platform,
		Type: i.Type, TypeSlug: t.Slug, Category: issuesv1.IssueCategory(t.Category),
		Status: statusToProto(i.Status), Substatus: issuesv1.Substatus(i.Substatus), Priority: issuesv1.Priority(i.Priority),
		Assignee: i.Assignee, FirstSeen: timestamppb.New(i.FirstSeen), LastSeen: timestamppb.New(i.LastSeen),
		TimesSeen: i.TimesSeen, UsersSeen: i.UsersSeen, ResolvedTime: timeToProto(i.ResolvedAt), InboxReason: inboxReasonToProto(i.InboxReason),
		Metadata: metadata, Etag: strconv.FormatInt(i.Version, 10), PriorityLockedTime: timeToProto(i.PriorityLockedAt),
		IsBookmarked: i.Bookmarked, HasSeen: i.Seen,
	}
	converted.InboxTime = timeToProto(i.InboxSince)
	addRelations(converted, i.Relations)
	converted.StatusDetails = statusDetailsToProto(i)
	return converted, nil
}

func statusDetailsToProto(i search.Issue) *issuesv1.StatusDetails {
	if z := i.Snooze; z != nil {
		events, users := z.Left(i)
		return &issuesv1.StatusDetails{
			IgnoreUntil: timeToProto(z.Until), IgnoreCount: int32(events), IgnoreWindow: secondsToProto(z.WindowSeconds),
			IgnoreUserCount: int32(users), IgnoreUserWindow: secondsToProto(z.UserWindowSeconds), Actor: z.Actor,
		}
	}
	r := i.Resolution
	if r == nil {
		return nil
	}
	details := &issuesv1.StatusDetails{Actor: r.Actor}
	switch r.Kind {
	case search.InRelease:
		details.Resolution = &issuesv1.StatusDetails_InRelease{InRelease: r.Release}
	case search.InNextRelease:
		details.Resolution = &issuesv1.StatusDetails_InNextRelease{InNextRelease: true}
	case search.InUpcoming:
		details.Resolution = &issuesv1.StatusDetails_InUpcomingRelease{InUpcomingRelease: true}
	case search.InCommit:
		details.Resolution = &issuesv1.StatusDetails_InCommit{InCommit: &issuesv1.CommitReference{Repository: r.Repository, CommitId: r.CommitID}}
	}
	return details
}

func secondsToProto(n int32) *durationpb.Duration {
	if n == 0 {
		return nil
	}
	return durationpb.New(time.Duration(n) * time.Second)
}

// subscriptionReasons are by the numbers that grouping stores.
var subscriptionReasons = map[int16]issuesv1.SubscriptionReason{
	-1: issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_UNKNOWN,
	1:  issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_ASSIGNED,
	2:  issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_BOOKMARK,
	3:  issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_STATUS_CHANGE,
}

func addRelations(m *issuesv1.Issue, of search.Relations) {
	if of.ShareID != nil {
		m.IsPublic, m.ShareId = true, hex.EncodeToString(of.ShareID[:])
	}
	if s := of.Subscription; s != nil {
		m.IsSubscribed, m.SubscriptionReason = s.Active, subscriptionReasons[s.Reason]
	}
	for _, owner := range of.Owners { // stored sources begin with 0
		m.SuggestedOwners = append(m.SuggestedOwners, &issuesv1.SuggestedOwner{
			Source: issuesv1.OwnerSource(owner.Source + 1), Owner: owner.Who, SuggestedTime: timestamppb.New(owner.Since),
		})
	}
	for _, link := range of.Links {
		m.ExternalLinks = append(m.ExternalLinks, &issuesv1.ExternalLink{Url: link.URL, DisplayName: link.Name})
	}
}

func countsToProto(c search.Counts) *issuesv1.EventCounts {
	return &issuesv1.EventCounts{
		Count: c.Events, UserCount: c.Users, FirstSeen: timeToProto(c.FirstSeen), LastSeen: timeToProto(c.LastSeen),
	}
}

func timeToProto(t *time.Time) *timestamppb.Timestamp {
	if t == nil {
		return nil
	}
	return timestamppb.New(*t)
}

// eventToProto gives nil for nil. The order in which a sender wrote tags is not kept: they come by key. Stacks are kept
// apart and not read.
func eventToProto(e *search.Event) *issuesv1.Event {
	if e == nil {
		return nil
	}
	converted := &issuesv1.Event{
		EventId: hex.EncodeToString(e.EventID[:]), SeenTime: timestamppb.New(e.SeenTime), ReceivedTime: timestamppb.New(e.ReceivedAt),
		Platform: e.Platform, Level: levels[e.Level], Environment: e.Environment, Release: e.Release, Dist: e.Dist,
		Title: e.Title, Culprit: e.Culprit, Message: e.Message, Transaction: e.Transaction, SpanId: e.SpanID, SdkName: e.SDKName, SdkVersion: e.SDKVersion,
	}
	if e.UserID+e.UserEmail+e.UserName+e.UserIP != "" {
		converted.User = &issuesv1.User{Id: e.UserID, Email: e.UserEmail, Username: e.UserName, IpAddress: e.UserIP}
	}
	if e.TraceID != nil {
		converted.TraceId = hex.EncodeToString(e.TraceID[:])
	}
	for _, key := range slices.Sorted(maps.Keys(e.Tags)) {
		converted.Tags = append(converted.Tags, &issuesv1.Tag{Key: key, Value: e.Tags[key]})
	}
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		converted.Fields = append(converted.Fields, fieldToProto(name, e.Fields[name]))
	}
	if e.Unhandled != nil || e.OnMain != nil || len(e.ErrorTypes)+len(e.ErrorValues)+len(e.Mechanisms) > 0 {
		converted.Errors = &issuesv1.EventErrors{
			Types: e.ErrorTypes, Values: e.ErrorValues, Mechanisms: e.Mechanisms, Unhandled: e.Unhandled != nil && *e.Unhandled, MainThread: e.OnMain,
		}
	}
	return converted
}

// fieldToProto: grouping stores texts and numbers.
func fieldToProto(name string, value any) *issuesv1.EventField {
	if number, ok := value.(float64); ok {
		return &issuesv1.EventField{Name: name, Value: &issuesv1.EventField_Number{Number: number}}
	}
	return &issuesv1.EventField{Name: name, Value: &issuesv1.EventField_Text{Text: fmt.Sprint(value)}}
}

func savedToProto(s search.SavedSearch) *searchv1.SavedSearch {
	return &searchv1.SavedSearch{
		Id: s.ID, OrganizationId: s.OrganizationID, Name: s.Name, Query: s.Query, Sort: sortsToProto[s.Sort],
		Visibility: searchv1.SavedSearchVisibility(s.Visibility), Owner: s.Owner, Pinned: s.Pinned, CreateTime: timestamppb.New(s.CreatedAt),
	}
}
