package grouping

import "time"

// ActivityType says what happened to a group. The numbers are stored.
type ActivityType int16

// The types that these rules record.
const (
	ActivitySetResolved    ActivityType = 1
	ActivitySetUnresolved  ActivityType = 2
	ActivitySetIgnored     ActivityType = 3
	ActivitySetRegression  ActivityType = 6
	ActivityAutoSetOngoing ActivityType = 24
	ActivitySetEscalating  ActivityType = 25
	ActivitySetPriority    ActivityType = 26
)

// Activity is one thing that happened to a group.
type Activity struct {
	GroupID int64
	Type    ActivityType
	Details map[string]any
	Time    time.Time
}

func (f *fold) record(group *Group, activity ActivityType, details map[string]any) {
	if details == nil {
		details = map[string]any{}
	}
	f.effects.Activities = append(f.effects.Activities, Activity{GroupID: group.ID, Type: activity, Details: details, Time: f.now})
}
