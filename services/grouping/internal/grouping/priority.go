package grouping

import "github.com/picket-io/picket/pkg/issue"

// PriorityOfLevel is the priority of an issue that an error event makes.
func PriorityOfLevel(level issue.Level) issue.Priority {
	switch level {
	case issue.Debug, issue.Info:
		return issue.Low
	case issue.ErrorLevel, issue.Fatal:
		return issue.High
	default:
		return issue.Medium
	}
}
