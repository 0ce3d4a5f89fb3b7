// Package issue holds the words of the issue platform that several services share: statuses, priorities, levels,
// categories and the registry of issue types. Their numbers are stored and sent, so they never change.
package issue

// Status says whether an issue asks for attention.
type Status int16

// The statuses.
const (
	Unresolved         Status = 0
	Resolved           Status = 1
	Ignored            Status = 2
	PendingDeletion    Status = 3
	DeletionInProgress Status = 4
	PendingMerge       Status = 5
	Reprocessing       Status = 6
)

// Substatus refines a status; NoSubstatus belongs to every status but Unresolved and Ignored.
type Substatus int16

// The substatuses.
const (
	NoSubstatus       Substatus = 0
	UntilEscalating   Substatus = 1
	Escalating        Substatus = 2
	Ongoing           Substatus = 3
	UntilConditionMet Substatus = 4
	Forever           Substatus = 5
	Regressed         Substatus = 6
	New               Substatus = 7
)

// Priority orders issues by urgency.
type Priority int16

// The priorities. NoPriority stands for the default of the issue's type.
const (
	NoPriority Priority = 0
	Low        Priority = 25
	Medium     Priority = 50
	High       Priority = 75
)

// Level is the severity that the sender gave.
type Level int16

// The levels. NoLevel is a text that is none of them.
const (
	NoLevel      Level = -1
	Sample       Level = 0
	Debug        Level = 10
	Info         Level = 20
	Warning      Level = 30
	ErrorLevel   Level = 40
	Fatal        Level = 50
	DefaultLevel       = Info
)

var levels = map[string]Level{
	"sample": Sample, "debug": Debug, "info": Info, "warning": Warning, "error": ErrorLevel, "fatal": Fatal,
}

// ParseLevel gives the level of a text such as "error", and NoLevel for any other text.
func ParseLevel(text string) Level {
	if level, ok := levels[text]; ok {
		return level
	}
	return NoLevel
}

// String is the text of a level; NoLevel has none.
func (l Level) String() string {
	for text, level := range levels {
		if level == l {
			return text
		}
	}
	return ""
}

// InboxReason says why an issue waits for review.
type InboxReason int16

// The reasons.
const (
	InboxNew         InboxReason = 0
	InboxRegression  InboxReason = 2
	InboxManual      InboxReason = 3
	InboxReprocessed InboxReason = 4
	InboxEscalating  InboxReason = 5
	InboxOngoing     InboxReason = 6
)

// Outcome says what became of an item that was judged.
type Outcome int16

// The outcomes; the numbers are those of picket.issues.v1.Outcome.
const (
	Accepted                  Outcome = 1
	DroppedTooOld             Outcome = 2
	DroppedInFuture           Outcome = 3
	DroppedTypeNotEnabled     Outcome = 4
	DroppedNoise              Outcome = 5
	DroppedRateLimited        Outcome = 6
	DroppedCategoryMismatch   Outcome = 7
	DroppedDiscarded          Outcome = 8
	DroppedErased             Outcome = 9
	DroppedIssueNotFound      Outcome = 10
	DroppedInvalidTransition  Outcome = 11
	DroppedUnknownPayloadType Outcome = 12
)
