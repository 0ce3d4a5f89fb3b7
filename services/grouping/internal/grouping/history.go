package grouping

import "github.com/picket-io/picket/pkg/issue"

// HistoryStatus is what the history of a group says of a time in it. The numbers are stored.
type HistoryStatus int16

// The statuses that these rules record.
const (
	historyUnresolved        HistoryStatus = 0
	historyResolved          HistoryStatus = 1
	historyAutoResolved      HistoryStatus = 2
	historyIgnored           HistoryStatus = 3
	historyAssigned          HistoryStatus = 5
	historyUnassigned        HistoryStatus = 6
	historyRegressed         HistoryStatus = 7
	historyReviewed          HistoryStatus = 10
	historyResolvedInRelease HistoryStatus = 11
	historyResolvedInCommit  HistoryStatus = 12
	historyEscalating        HistoryStatus = 14
	historyUntilEscalating   HistoryStatus = 15
	historyForever           HistoryStatus = 16
	historyUntilConditionMet HistoryStatus = 17
	historyPriorityHigh      HistoryStatus = 21
	historyPriorityMedium    HistoryStatus = 22
	historyPriorityLow       HistoryStatus = 23
)

var historyOfSubstatus = map[issue.Substatus]HistoryStatus{
	issue.Escalating: historyEscalating, issue.Regressed: historyRegressed, issue.Ongoing: historyUnresolved,
	issue.UntilEscalating: historyUntilEscalating, issue.Forever: historyForever, issue.UntilConditionMet: historyUntilConditionMet,
}

var historyOfPriority = map[issue.Priority]HistoryStatus{
	issue.High: historyPriorityHigh, issue.Medium: historyPriorityMedium, issue.Low: historyPriorityLow,
}

var historyOfActivity = map[ActivityType]HistoryStatus{
	ActivitySetResolved: historyResolved, ActivitySetResolvedInRelease: historyResolvedInRelease,
	ActivitySetResolvedInCommit: historyResolvedInCommit, ActivitySetResolvedByAge: historyAutoResolved,
	ActivitySetIgnored: historyIgnored, ActivitySetUnresolved: historyUnresolved, ActivityAutoSetOngoing: historyUnresolved,
	ActivitySetEscalating: historyEscalating, ActivitySetRegression: historyRegressed,
	ActivityAssigned: historyAssigned, ActivityUnassigned: historyUnassigned, ActivityMarkReviewed: historyReviewed,
}

// historyOf gives what an activity writes into the history of a group, as the group is after it. The substatus says
// more than the activity where a status was set.
func historyOf(group *Group, activity ActivityType) *HistoryStatus {
	status, ok := historyOfActivity[activity]
	switch activity {
	case ActivitySetPriority:
		status, ok = historyOfPriority[group.Priority]
	case ActivityAssigned, ActivityUnassigned, ActivityMarkReviewed, ActivityMerge, ActivityUnmergeSource, ActivityUnmergeDestination,
		ActivitySetPublic, ActivitySetPrivate:
	default:
		if of, has := historyOfSubstatus[group.Substatus]; has {
			status, ok = of, true
		}
	}
	if !ok {
		return nil
	}
	return &status
}

var (
	open     = []HistoryStatus{historyUnresolved, historyRegressed, historyEscalating}
	closed   = []HistoryStatus{historyResolved, historyAutoResolved, historyResolvedInRelease, historyResolvedInCommit}
	archived = []HistoryStatus{historyIgnored, historyUntilEscalating, historyForever, historyUntilConditionMet}
)

// Ends gives the statuses that a new one ends, such as the resolutions for a regression. The latest of them is the
// row before it.
func (s HistoryStatus) Ends() []HistoryStatus {
	switch s {
	case historyUnresolved:
		return append(closed[:len(closed):len(closed)], archived...)
	case historyRegressed:
		return closed
	case historyEscalating:
		return archived
	case historyResolved, historyAutoResolved, historyResolvedInRelease, historyResolvedInCommit,
		historyIgnored, historyUntilEscalating, historyForever, historyUntilConditionMet:
		return open
	case historyAssigned:
		return []HistoryStatus{historyUnassigned}
	case historyUnassigned:
		return []HistoryStatus{historyAssigned}
	default:
		return nil
	}
}
