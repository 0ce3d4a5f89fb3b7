package otlp

import (
	"context"
	"strconv"

	"github.com/picket-io/picket/pkg/directory"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// projectAttribute is the attribute of a resource that names its project.
const projectAttribute = "picket.project_id"

// projectOf tells whose the spans of a resource are: the resource's word goes before the call's. An error means
// that the directory could not be asked.
func (d *Door) projectOf(ctx context.Context, resource map[string]any, projectOfCall string) (directory.Project, traces.Refusal, error) {
	id := d.settings.DefaultProjectID
	named, ok := resource[projectAttribute]
	if !ok && projectOfCall != "" {
		named, ok = projectOfCall, true
	}
	if ok {
		if id, ok = projectID(named); !ok {
			return directory.Project{}, traces.BadProject, nil
		}
	}
	if id == 0 {
		return directory.Project{}, traces.NoProject, nil
	}
	project, err := d.directory.Project(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return project, traces.UnknownProject, nil
	}
	return project, traces.Accepted, err
}

func projectID(value any) (int64, bool) {
	switch value := value.(type) {
	case int64:
		return value, value > 0
	case string:
		id, err := strconv.ParseInt(value, 10, 64)
		return id, err == nil && id > 0
	}
	return 0, false
}
