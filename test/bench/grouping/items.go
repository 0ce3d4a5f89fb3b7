package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

// newItem makes the item of an issue of a project.
func newItem(random *rand.Rand, projectID int64, issue uint64) *groupingv1.Item {
	now := timestamppb.New(time.Now().UTC().Truncate(time.Microsecond))
	tags := make([]*issuesv1.Tag, 0, 8)
	for key, value := range map[string]string{
		"server": fmt.Sprint("web-", random.IntN(40)), "region": fmt.Sprint("region-", random.IntN(3)),
		"browser": fmt.Sprint("Firefox ", random.IntN(14)), "os": "Linux", "http.status": fmt.Sprint(500 + random.IntN(5)),
		"handler": fmt.Sprint("checkout_", issue%50), "customer": fmt.Sprint("customer-", random.IntN(2000)), "plan": "team",
	} {
		tags = append(tags, &issuesv1.Tag{Key: key, Value: value})
	}
	user := random.IntN(50_000)
	environment := "production"
	if random.IntN(2) == 0 {
		environment = "staging"
	}
	return &groupingv1.Item{
		ProjectId: projectID, ItemId: newID(), ItemTime: now, ReceivedTime: now,
		Kind: &groupingv1.Item_Occurrence{Occurrence: &groupingv1.OccurrenceItem{
			Hashes: []string{fmt.Sprintf("%032x", issue)}, Type: 4001, Title: fmt.Sprint("Slow query in handler ", issue),
			Subtitle: "SELECT * FROM orders WHERE customer = $1", Culprit: fmt.Sprint("/checkout/", issue), Level: issuesv1.Level_LEVEL_ERROR,
			Metadata: &structpb.Struct{},
			Event: &issuesv1.Event{
				EventId: newID(), SeenTime: now, Platform: "python", Environment: environment, Release: fmt.Sprint("backend@4.2.", random.IntN(20)),
				Tags: tags, TraceId: newID(), User: &issuesv1.User{
					Id: fmt.Sprint(user), Email: fmt.Sprintf("user%d@example.com", user), IpAddress: fmt.Sprint("203.0.113.", user%256),
				},
			},
		}},
	}
}

func newID() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }
