// Package limits asks Redis whether an item may make an issue: whether its fingerprint was seen often enough, and
// whether the project has made too many issues of the type lately. What Redis holds may be lost: then a few
// issues are made earlier or later than they would have been.
package limits

import (
	"context"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// Patience bounds what a slow Redis can cost an item. Tests of verdicts have more of it: their machine may be busy.
const Patience = 50 * time.Millisecond

//go:embed ask.lua
var askSource string

var askScript = redis.NewScript(askSource)

// Limits asks Redis.
type Limits struct {
	client   *redis.Client
	patience time.Duration
	now      func() time.Time
}

// New makes limits on a Redis, which need not be there.
func New(options *redis.Options, patience time.Duration, now func() time.Time) *Limits {
	own := *options
	own.ContextTimeoutEnabled = true // or the client would wait for seconds, whatever the context says
	return &Limits{client: redis.NewClient(&own), patience: patience, now: now}
}

// Close closes the connections to Redis.
func (l *Limits) Close() error { return l.client.Close() }

// Ask is the question whether an item may make an issue.
type Ask struct {
	Item  grouping.Item
	Quota int // new issues of the type an hour; -1: the type's own
}

// Verdicts answers the questions about items of one project, in order. An item that was held back as noise is held
// back when it is asked about again, and a fingerprint that was granted an issue stays granted for the quota's window:
// asking again changes no answer.
//
// An error means that Redis did not answer, and comes with verdicts that let every item make its issue: an issue too
// many is better than one that is missing.
func (l *Limits) Verdicts(ctx context.Context, projectID int64, asks []Ask) ([]grouping.Verdict, error) {
	verdicts := make([]grouping.Verdict, len(asks))
	for i := range verdicts {
		verdicts[i] = grouping.MayCreate
	}
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	answers, err := l.run(ctx, projectID, asks)
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		if err = askScript.Load(ctx, l.client).Err(); err == nil {
			answers, err = l.run(ctx, projectID, asks)
		}
	}
	if err != nil {
		return verdicts, fmt.Errorf("ask redis: %w", err)
	}
	for i, answer := range answers {
		verdicts[i] = grouping.Verdict(answer)
	}
	return verdicts, nil
}

func (l *Limits) run(ctx context.Context, projectID int64, asks []Ask) ([]int64, error) {
	pipeline := l.client.Pipeline()
	commands := make([]*redis.Cmd, len(asks))
	for i, ask := range asks {
		commands[i] = l.queue(ctx, pipeline, projectID, ask)
	}
	if _, err := pipeline.Exec(ctx); err != nil {
		return nil, err
	}
	answers := make([]int64, len(asks))
	for i, command := range commands {
		answer, err := command.Int64()
		if err != nil {
			return nil, err
		}
		answers[i] = answer
	}
	return answers, nil
}

func (l *Limits) queue(ctx context.Context, pipeline redis.Pipeliner, projectID int64, ask Ask) *redis.Cmd {
	o := ask.Item.Occurrence
	hash := hex.EncodeToString([]byte(o.Hashes[0]))
	quota := o.Type.CreationQuota
	if ask.Quota >= 0 {
		quota = issue.Quota{Window: time.Hour, Granularity: time.Minute, Limit: ask.Quota}
	}
	// One hash tag a project: a Redis cluster runs the script where both keys are.
	tag := "{picket:" + strconv.FormatInt(projectID, 10) + "}"
	keys := []string{tag + ":noise:" + hash, tag + ":quota:" + o.Type.Slug}
	return askScript.EvalSha(ctx, pipeline, keys,
		ask.Item.ID.String(), hash, o.Type.Noise.Ignore, int64(o.Type.Noise.Expiry.Seconds()), l.now().Unix(),
		int64(quota.Window.Seconds()), int64(quota.Granularity.Seconds()), quota.Limit)
}
