package server

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/actor"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/shortid"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/lifecycle"
)

// changeFromProto reads the fields that a mask names.
func changeFromProto(m *issuesv1.Issue, paths []string) (change grouping.Change, err error) {
	named := map[string]bool{}
	for _, path := range paths {
		named[path] = true
		switch path {
		case "status":
			change.Status, err = statusWish(m)
		case "substatus", "status_details": // with the status
		case "priority":
			change.Priority, err = priorityOf(m.GetPriority())
		case "assignee":
			change.Assignee = &grouping.Assignee{Who: clean(m.GetAssignee())}
		case "inbox_reason":
			change.InInbox, err = inboxOf(m.GetInboxReason())
		case "is_bookmarked":
			change.Bookmarked = proto.Bool(m.GetIsBookmarked())
		case "is_subscribed":
			change.Subscribed = proto.Bool(m.GetIsSubscribed())
		case "has_seen":
			change.Seen = proto.Bool(m.GetHasSeen())
		case "is_public":
			change.Public, change.ShareSeed = proto.Bool(m.GetIsPublic()), uuid.New()
		case "suggested_owners":
			change.Owners, err = ownersOf(m.GetSuggestedOwners())
		case "external_links":
			change.Links = linksOf(m.GetExternalLinks())
		default:
			err = fault.InvalidField("update_mask", "%q cannot be changed; expected some of status, substatus, status_details, priority, assignee, "+
				"inbox_reason, is_bookmarked, is_subscribed, has_seen, is_public, suggested_owners and external_links", path)
		}
		if err != nil {
			return change, err
		}
	}
	if len(paths) == 0 {
		return change, fault.InvalidField("update_mask", "names no field")
	}
	if change.Status == nil {
		if named["substatus"] || named["status_details"] {
			return change, fault.InvalidField("update_mask", "a substatus and details go with a status")
		}
		return change, nil
	}
	if !named["substatus"] {
		change.Status.Substatus = issue.NoSubstatus
	}
	if named["status_details"] {
		err = addDetails(change.Status, m.GetStatusDetails())
	}
	return change, err
}

func statusWish(m *issuesv1.Issue) (*grouping.StatusWish, error) {
	status, ok := statusOf[m.GetStatus()]
	if !ok || status < issue.Unresolved || status > issue.Ignored {
		return nil, fault.InvalidField("issue.status", "must be unresolved, resolved or ignored")
	}
	if _, ok := issuesv1.Substatus_name[int32(m.GetSubstatus())]; !ok {
		return nil, fault.InvalidField("issue.substatus", "is not a substatus")
	}
	return &grouping.StatusWish{Status: status, Substatus: issue.Substatus(m.GetSubstatus())}, nil
}

func priorityOf(priority issuesv1.Priority) (*issue.Priority, error) {
	if _, ok := issuesv1.Priority_name[int32(priority)]; !ok || priority == issuesv1.Priority_PRIORITY_UNSPECIFIED {
		return nil, fault.InvalidField("issue.priority", "must be low, medium or high")
	}
	wanted := issue.Priority(priority)
	return &wanted, nil
}

func ownersOf(list []*issuesv1.SuggestedOwner) ([]grouping.Owner, error) {
	owners := make([]grouping.Owner, len(list))
	for i, m := range list {
		owners[i] = grouping.Owner{Source: int16(m.GetSource()) - 1, Who: m.GetOwner()}
		if !actor.IsValid(m.GetOwner()) {
			return nil, fault.InvalidField(fmt.Sprintf("issue.suggested_owners[%d].owner", i), "must be `user:ID` or `team:ID`")
		}
	}
	return owners, nil
}

func linksOf(list []*issuesv1.ExternalLink) []grouping.Link {
	links := make([]grouping.Link, len(list))
	for i, m := range list {
		links[i] = grouping.Link{URL: m.GetUrl(), Name: nameOr(clean(m.GetDisplayName()), m.GetUrl())}
	}
	return links
}

func inboxOf(reason issuesv1.InboxReason) (*bool, error) {
	in := reason == issuesv1.InboxReason_INBOX_REASON_MANUAL
	if !in && reason != issuesv1.InboxReason_INBOX_REASON_UNSPECIFIED {
		return nil, fault.InvalidField("issue.inbox_reason", "must be manual or none")
	}
	return &in, nil
}

func addDetails(wish *grouping.StatusWish, m *issuesv1.StatusDetails) error {
	switch by := m.GetResolution().(type) {
	case *issuesv1.StatusDetails_InNextRelease:
		wish.Fix = &grouping.FixWish{Kind: grouping.InNextRelease}
	case *issuesv1.StatusDetails_InUpcomingRelease:
		wish.Fix = &grouping.FixWish{Kind: grouping.InUpcomingRelease}
	case *issuesv1.StatusDetails_InRelease:
		wish.Fix = &grouping.FixWish{Kind: grouping.InRelease, Release: clean(by.InRelease)}
	case *issuesv1.StatusDetails_InCommit:
		commit := grouping.Commit{Repository: clean(by.InCommit.GetRepository()), ID: clean(by.InCommit.GetCommitId())}
		wish.Fix = &grouping.FixWish{Kind: grouping.InCommit, Commit: commit}
	}
	if wish.Fix != nil && wish.Status != issue.Resolved {
		return fault.InvalidField("issue.status_details", "a release or a commit goes with the status resolved")
	}
	if m.GetIgnoreWindow() != nil && m.GetIgnoreCount() == 0 {
		return fault.InvalidField("issue.status_details.ignore_window", "goes with ignore_count")
	}
	if m.GetIgnoreUserWindow() != nil && m.GetIgnoreUserCount() == 0 {
		return fault.InvalidField("issue.status_details.ignore_user_window", "goes with ignore_user_count")
	}
	if m.GetIgnoreDuration() == nil && m.GetIgnoreCount() == 0 && m.GetIgnoreUserCount() == 0 {
		return nil
	}
	if wish.Status != issue.Ignored {
		return fault.InvalidField("issue.status_details", "conditions go with the status ignored")
	}
	wish.SnoozeFor = m.GetIgnoreDuration().AsDuration()
	wish.Snooze = &grouping.Snooze{
		Count: int64(m.GetIgnoreCount()), Window: wholeSeconds(m.GetIgnoreWindow()),
		UserCount: int64(m.GetIgnoreUserCount()), UserWindow: wholeSeconds(m.GetIgnoreUserWindow()),
	}
	return nil
}

// wholeSeconds rounds up, so that a window that is given is never none.
func wholeSeconds(d *durationpb.Duration) time.Duration {
	return (d.AsDuration() + time.Second - 1).Truncate(time.Second)
}

func groupResultsToProto(results []lifecycle.Result, projectSlug string) []*groupingv1.GroupResult {
	converted := make([]*groupingv1.GroupResult, len(results))
	for i, result := range results {
		m := &groupingv1.GroupResult{ProjectId: result.ProjectID, GroupId: result.GroupID, Unchanged: result.Unchanged}
		var group *issuesv1.Issue
		err := result.Err
		if err == nil {
			group, err = groupToProto(result.ProjectID, result.Group, projectSlug)
		}
		m.Result = &groupingv1.GroupResult_Issue{Issue: group}
		if err != nil {
			m.Result = &groupingv1.GroupResult_Error{Error: grpcserver.StatusOf(err).Proto()}
		}
		converted[i] = m
	}
	return converted
}

func groupToProto(projectID int64, g *grouping.Group, projectSlug string) (*issuesv1.Issue, error) {
	metadata, err := structpb.NewStruct(g.Metadata)
	if err != nil {
		return nil, err
	}
	t, _ := issue.TypeByID(g.Type)
	m := &issuesv1.Issue{
		Id: g.ID, ProjectId: projectID, ProjectSlug: projectSlug, ShortId: shortid.Format(projectSlug, g.ShortID),
		Title: g.Text.Title, Culprit: g.Text.Culprit, Message: g.Text.Message, Level: levelToProto(g.Text.Level),
		Platform: g.Text.Platform, Type: g.Type, TypeSlug: t.Slug, Category: issuesv1.IssueCategory(t.Category),
		Status: issuesv1.Status(g.Status) + 1, Substatus: issuesv1.Substatus(g.Substatus), Priority: issuesv1.Priority(g.Priority),
		Assignee: g.Assignee, FirstSeen: timestamppb.New(g.FirstSeen), LastSeen: timestamppb.New(g.Counters.LastSeen),
		TimesSeen: g.Counters.TimesSeen, UsersSeen: g.Counters.UsersSeen, Metadata: metadata, Etag: strconv.FormatInt(g.Version, 10),
		InboxReason: inboxReasonToProto(g),
	}
	if g.InInbox {
		m.InboxTime = timestamppb.New(g.InboxSince)
	}
	if !g.ResolvedAt.IsZero() {
		m.ResolvedTime = timestamppb.New(g.ResolvedAt)
	}
	if !g.PriorityLocked.IsZero() {
		m.PriorityLockedTime = timestamppb.New(g.PriorityLocked)
	}
	m.StatusDetails = statusDetailsToProto(g)
	addMarks(m, g)
	return m, nil
}

// statusDetailsToProto gives, of numbers without a window, what is left of them.
func statusDetailsToProto(g *grouping.Group) *issuesv1.StatusDetails {
	switch {
	case g.Fix != nil:
		return fixToProto(g.Fix)
	case g.Snooze != nil:
		return snoozeToProto(g.Snooze, g.Counters)
	default:
		return nil
	}
}

func fixToProto(fix *grouping.Fix) *issuesv1.StatusDetails {
	m := &issuesv1.StatusDetails{Actor: fix.Actor}
	switch fix.Kind {
	case grouping.InRelease:
		m.Resolution = &issuesv1.StatusDetails_InRelease{InRelease: fix.Release}
	case grouping.InNextRelease:
		m.Resolution = &issuesv1.StatusDetails_InNextRelease{InNextRelease: true}
	case grouping.InUpcomingRelease:
		m.Resolution = &issuesv1.StatusDetails_InUpcomingRelease{InUpcomingRelease: true}
	case grouping.InCommit:
		m.Resolution = &issuesv1.StatusDetails_InCommit{
			InCommit: &issuesv1.CommitReference{Repository: fix.Commit.Repository, CommitId: fix.Commit.ID},
		}
	}
	return m
}

func snoozeToProto(s *grouping.Snooze, seen grouping.Counters) *issuesv1.StatusDetails {
	m := &issuesv1.StatusDetails{
		IgnoreCount: int32(s.Count), IgnoreWindow: optionalDuration(s.Window),
		IgnoreUserCount: int32(s.UserCount), IgnoreUserWindow: optionalDuration(s.UserWindow), Actor: s.Actor,
	}
	if s.Count > 0 && s.Window == 0 {
		m.IgnoreCount = int32(max(0, s.Count-(seen.TimesSeen-s.TimesSeen)))
	}
	if s.UserCount > 0 && s.UserWindow == 0 {
		m.IgnoreUserCount = int32(max(0, s.UserCount-(seen.UsersSeen-s.UsersSeen)))
	}
	if !s.Until.IsZero() {
		m.IgnoreUntil = timestamppb.New(s.Until)
	}
	return m
}

func optionalDuration(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}

func addMarks(m *issuesv1.Issue, g *grouping.Group) {
	m.IsBookmarked, m.HasSeen = g.Marks.Bookmarked, g.HasSeen()
	if s := g.Marks.Subscription; s != nil {
		m.IsSubscribed, m.SubscriptionReason = s.Active, subscriptionReasons[s.Reason]
	}
	if g.Marks.ShareID != uuid.Nil {
		m.IsPublic, m.ShareId = true, hex.EncodeToString(g.Marks.ShareID[:])
	}
	for _, owner := range g.Marks.Owners {
		m.SuggestedOwners = append(m.SuggestedOwners, &issuesv1.SuggestedOwner{
			Source: issuesv1.OwnerSource(owner.Source + 1), Owner: owner.Who, SuggestedTime: timestamppb.New(owner.Since),
		})
	}
	for _, link := range g.Marks.Links {
		m.ExternalLinks = append(m.ExternalLinks, &issuesv1.ExternalLink{Url: link.URL, DisplayName: link.Name})
	}
}

var subscriptionReasons = map[grouping.SubscriptionReason]issuesv1.SubscriptionReason{
	grouping.SubscribedByHand:       issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_UNKNOWN,
	grouping.SubscribedAssigned:     issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_ASSIGNED,
	grouping.SubscribedBookmark:     issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_BOOKMARK,
	grouping.SubscribedStatusChange: issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_STATUS_CHANGE,
}

// inboxReasonToProto: stored reasons begin with 0 and have no 1, which is where the contract puts the first.
func inboxReasonToProto(g *grouping.Group) issuesv1.InboxReason {
	switch {
	case !g.InInbox:
		return issuesv1.InboxReason_INBOX_REASON_UNSPECIFIED
	case g.InboxReason == issue.InboxNew:
		return issuesv1.InboxReason_INBOX_REASON_NEW
	default:
		return issuesv1.InboxReason(g.InboxReason)
	}
}

func levelToProto(level issue.Level) issuesv1.Level {
	if level == issue.NoLevel {
		return issuesv1.Level_LEVEL_UNSPECIFIED
	}
	return issuesv1.Level(level/10) + issuesv1.Level_LEVEL_SAMPLE
}
