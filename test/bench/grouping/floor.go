package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"google.golang.org/protobuf/proto"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/test/bench/floor"
)

var floorKinds = []floor.Kind{floor.Fdatasync, floor.Commit, floor.Copy, floor.KeyedCopy, floor.Echo, floor.Redis}

func openFloors(ctx context.Context) (*floor.Meter, error) {
	random := rand.New(rand.NewPCG(1, 1))
	call := makeCalls(callItems, func(int) *groupingv1.Item { return newItem(random, 1, 1) })[0]
	return floor.Open(ctx, floor.Options{
		DatabaseURL: os.Getenv("PICKET_TEST_DATABASE_URL"), RedisURL: os.Getenv("PICKET_TEST_REDIS_URL"), Message: proto.Size(call),
	})
}

const floorPages = 8 // as many commits

// floorColumns are those of event_index that are not generated.
const floorColumns = `project_id, group_id, seen_time, kind, item_id, item_time, received_at, event_id, hash, title, message,
	culprit, transaction, level, platform, environment, release, dist, user_id, user_email, user_name, user_ip, trace_id, span,
	sdk_name, sdk_version, tags`

// printFloor copies rows of a project from the event index and of the judged items, as they are, into tables with the same keys and
// indexes, a commit for each page. Reading them takes no time of it.
func (s *service) printFloor(ctx context.Context, p *project, loads []*load) error {
	_, err := s.admin.Exec(ctx, `SET search_path = grouping; CREATE TABLE floor_events (LIKE event_index INCLUDING ALL); CREATE TABLE floor_items (LIKE judged_items INCLUDING ALL)`)
	if err != nil {
		return err
	}
	var took time.Duration
	var copied int64
	for page := range floorPages {
		var events, items bytes.Buffer
		where := fmt.Sprintf(`WHERE project_id = %d AND abs(hashtext(item_id::text)) %% %d = %d`, p.id, floorPages, page)
		if _, err := s.admin.PgConn().CopyTo(ctx, &events, `COPY (SELECT `+floorColumns+` FROM event_index `+where+`) TO STDOUT (FORMAT binary)`); err != nil {
			return err
		}
		if _, err := s.admin.PgConn().CopyTo(ctx, &items, `COPY (SELECT * FROM judged_items `+where+`) TO STDOUT (FORMAT binary)`); err != nil {
			return err
		}
		began := time.Now()
		if _, err := s.admin.Exec(ctx, `BEGIN`); err != nil {
			return err
		}
		tag, err := s.admin.PgConn().CopyFrom(ctx, &events, `COPY floor_events (`+floorColumns+`) FROM STDIN (FORMAT binary)`)
		if err != nil {
			return err
		}
		if _, err := s.admin.PgConn().CopyFrom(ctx, &items, `COPY floor_items FROM STDIN (FORMAT binary)`); err != nil {
			return err
		}
		if _, err := s.admin.Exec(ctx, `COMMIT`); err != nil {
			return err
		}
		took, copied = took+time.Since(began), copied+tag.RowsAffected()
	}
	floor := float64(copied) / took.Seconds()
	fmt.Printf("COPY            %8.0f items/s: their rows of the event index and of the judged items, one connection\n", floor)
	for _, l := range loads {
		fmt.Printf("%6d of %6d issues %8.0f %% of COPY\n", l.drawn, l.issues, 100*l.rate()/floor)
	}
	return nil
}
