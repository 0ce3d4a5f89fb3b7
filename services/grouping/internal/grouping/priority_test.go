package grouping_test

import (
	"testing"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

func TestThePriorityOfAnErrorIsThatOfItsLevel(t *testing.T) {
	t.Parallel()
	for level, want := range map[issue.Level]issue.Priority{
		issue.Debug: issue.Low, issue.Info: issue.Low, issue.Warning: issue.Medium, issue.ErrorLevel: issue.High, issue.Fatal: issue.High,
		issue.Sample: issue.Medium, issue.NoLevel: issue.Medium,
	} {
		if got := grouping.PriorityOfLevel(level); got != want {
			t.Errorf("of level %d it is %d, want %d", level, got, want)
		}
	}
}
