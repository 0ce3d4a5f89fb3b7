package server

import (
	"strconv"

	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/issue"
)

var levels = map[issuesv1.Level]issue.Level{
	issuesv1.Level_LEVEL_UNSPECIFIED: issue.DefaultLevel,
	issuesv1.Level_LEVEL_SAMPLE:      issue.Sample,
	issuesv1.Level_LEVEL_DEBUG:       issue.Debug,
	issuesv1.Level_LEVEL_INFO:        issue.Info,
	issuesv1.Level_LEVEL_WARNING:     issue.Warning,
	issuesv1.Level_LEVEL_ERROR:       issue.ErrorLevel,
	issuesv1.Level_LEVEL_FATAL:       issue.Fatal,
}

func levelFromProto(level issuesv1.Level) issue.Level { return levels[level] }

// levelToProto gives unspecified for a text that was no level.
func levelToProto(level issue.Level) issuesv1.Level {
	for word, candidate := range levels {
		if candidate == level && word != issuesv1.Level_LEVEL_UNSPECIFIED {
			return word
		}
	}
	return issuesv1.Level_LEVEL_UNSPECIFIED
}

func statusFromProto(status issuesv1.Status) issue.Status {
	return issue.Status(status - issuesv1.Status_STATUS_UNRESOLVED)
}

func jsonInt(n int64) string { return strconv.FormatInt(n, 10) }
