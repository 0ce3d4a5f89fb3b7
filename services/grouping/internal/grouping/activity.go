package grouping

import "time"

// ActivityType says what happened to a group. The numbers are stored.
type ActivityType int16

// The types that these rules record.
const (
	ActivitySetResolved          ActivityType = 1
	ActivitySetUnresolved        ActivityType = 2
	ActivitySetIgnored           ActivityType = 3
	ActivitySetPublic            ActivityType = 4
	ActivitySetPrivate           ActivityType = 5
	ActivitySetRegression        ActivityType = 6
	ActivityAssigned             ActivityType = 11
	ActivityUnassigned           ActivityType = 12
	ActivitySetResolvedInRelease ActivityType = 13
	ActivityMerge                ActivityType = 14
	ActivitySetResolvedByAge     ActivityType = 15
	ActivitySetResolvedInCommit  ActivityType = 16
	ActivityUnmergeSource        ActivityType = 19
	ActivityUnmergeDestination   ActivityType = 20
	ActivityMarkReviewed         ActivityType = 23
	ActivityAutoSetOngoing       ActivityType = 24
	ActivitySetEscalating        ActivityType = 25
	ActivitySetPriority          ActivityType = 26
)

// Activity is one thing that happened to a group.
type Activity struct {
	GroupID int64
	Type    ActivityType
	Actor   string
	Details map[string]any
	Time    time.Time
	History *HistoryStatus // of the row that history gets; nil when it gets none
	Release string         // of that row
}

func (f *fold) record(group *Group, activity ActivityType, details map[string]any) {
	if details == nil {
		details = map[string]any{}
	}
	f.effects.Activities = append(f.effects.Activities, Activity{
		GroupID: group.ID, Type: activity, Actor: f.actor, Details: details, Time: f.now, History: historyOf(group, activity),
	})
}
