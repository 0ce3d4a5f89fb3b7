package server

import (
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/ingest/internal/request"
)

// levelToProto gives unspecified for a text that was no level.
func levelToProto(level issue.Level) issuesv1.Level {
	for word, candidate := range request.Levels {
		if candidate == level && word != issuesv1.Level_LEVEL_UNSPECIFIED {
			return word
		}
	}
	return issuesv1.Level_LEVEL_UNSPECIFIED
}

func statusFromProto(status issuesv1.Status) issue.Status {
	return issue.Status(status - issuesv1.Status_STATUS_UNRESOLVED)
}
