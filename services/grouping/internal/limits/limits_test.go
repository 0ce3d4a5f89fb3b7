package limits_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/limits"
	"github.com/picket-io/picket/test/testdb"
)

const (
	may       = grouping.MayCreate
	noise     = grouping.TooFewSeen
	overQuota = grouping.OverQuota
)

// house has limits on a Redis of its own, by a clock that a test turns.
type house struct {
	*limits.Limits
	redis *redis.Client
	now   time.Time
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{redis: testdb.Redis(t), now: time.Unix(1_768_392_000, 0)}
	h.Limits = h.replica(t)
	return h
}

func (h *house) replica(t *testing.T) *limits.Limits {
	t.Helper()
	l := limits.New(h.redis.Options(), time.Minute, func() time.Time { return h.now })
	t.Cleanup(func() { l.Close() })
	return l
}

// ask asks about an item that is named by a word, of a fingerprint that is another.
func ask(item, fingerprint string, issueType issue.Type) limits.Ask {
	id := uuid.NewSHA1(uuid.Nil, []byte(item))
	occurrence := &grouping.Occurrence{Hashes: []grouping.Hash{grouping.Hash(fingerprint)}, Type: issueType}
	return limits.Ask{Item: grouping.Item{ID: id, Occurrence: occurrence}, Quota: -1}
}

func (h *house) expect(t *testing.T, asks []limits.Ask, want ...grouping.Verdict) {
	t.Helper()
	got, err := h.Verdicts(t.Context(), 1, asks)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func noisy(ignore int) issue.Type {
	return issue.Type{
		Slug: "noisy", Noise: issue.NoiseLimit{Ignore: ignore, Expiry: 24 * time.Hour},
		CreationQuota: issue.Quota{Window: time.Hour, Granularity: time.Minute, Limit: 5},
	}
}

func TestAFingerprintIsHeldBackUntilItIsSeenOftenEnough(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one, two, three := ask("1", "a", noisy(3)), ask("2", "a", noisy(3)), ask("3", "a", noisy(3))
	h.expect(t, []limits.Ask{one, two}, noise, noise)
	h.expect(t, []limits.Ask{ask("4", "b", noisy(3))}, noise) // another fingerprint counts for itself
	for range 2 {                                             // and asking again changes nothing
		h.expect(t, []limits.Ask{three, two, one}, may, noise, noise)
	}
	h.expect(t, []limits.Ask{ask("5", "a", noisy(3)), ask("6", "c", noisy(0)), ask("7", "c", noisy(1))}, may, may, may)
}

func TestWhatWasSeenIsForgottenADayAfterTheLastSighting(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, item := range []string{"1", "2", "3"} {
		h.expect(t, []limits.Ask{ask(item, "a", noisy(100))}, noise)
		keys, err := h.redis.Keys(t.Context(), "*noise*").Result()
		if err != nil || len(keys) != 1 {
			t.Fatalf("keys %v, %v", keys, err)
		}
		if left := h.redis.TTL(t.Context(), keys[0]).Val(); left <= 23*time.Hour || left > 24*time.Hour {
			t.Errorf("it is kept for %v", left)
		}
		h.redis.Expire(t.Context(), keys[0], time.Hour) // as if most of the day had passed
	}
}

func TestAFingerprintOverQuotaDoesNotGrow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	full := noisy(3)
	full.CreationQuota.Limit = 0
	for i := range 50 {
		verdict := overQuota
		if i < 2 {
			verdict = noise
		}
		h.expect(t, []limits.Ask{ask(string(rune('a'+i)), "x", full)}, verdict)
	}
	keys := h.redis.Keys(t.Context(), "*noise*").Val()
	if n := h.redis.HLen(t.Context(), keys[0]).Val(); n > 3 {
		t.Errorf("Redis keeps %d items of it, more than it takes to pass", n)
	}
}

func TestTheQuotaIsASlidingWindow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ten := issue.Type{Slug: "ten", CreationQuota: issue.Quota{Window: 10 * time.Second, Granularity: time.Second, Limit: 10}}
	fingerprints := 0
	next := func() []limits.Ask {
		fingerprints++
		return []limits.Ask{ask("item", strings.Repeat("x", fingerprints), ten)}
	}
	for second := range 10 {
		if second > 0 {
			h.now = h.now.Add(time.Second)
		}
		h.expect(t, next(), may)
	}
	h.expect(t, next(), overQuota)
	for range 10 { // each second gives back what was taken ten seconds before
		h.now = h.now.Add(time.Second)
		h.expect(t, next(), may)
		h.expect(t, next(), overQuota)
	}
}

func TestAGrantedFingerprintStaysGranted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one := noisy(0)
	one.CreationQuota.Limit = 1
	h.expect(t, []limits.Ask{ask("1", "a", one), ask("2", "b", one), ask("3", "a", one)}, may, overQuota, may)
	h.now = h.now.Add(59 * time.Minute)
	h.expect(t, []limits.Ask{ask("2", "b", one), ask("1", "a", one)}, overQuota, may)
	h.now = h.now.Add(time.Minute)
	h.expect(t, []limits.Ask{ask("2", "b", one), ask("1", "a", one)}, may, overQuota)
}

func TestAQuotaIsOfAProjectAndAType(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one, other := noisy(0), noisy(0)
	other.Slug = "other"
	withQuota := func(fingerprint string, issueType issue.Type, quota int) limits.Ask {
		a := ask("item", fingerprint, issueType)
		a.Quota = quota
		return a
	}
	h.expect(t, []limits.Ask{withQuota("a", one, 1), withQuota("b", one, 1), withQuota("c", other, 1), withQuota("d", other, 0)},
		may, overQuota, may, overQuota)
	got, err := h.Verdicts(t.Context(), 2, []limits.Ask{withQuota("b", one, 1)})
	if err != nil || got[0] != may {
		t.Errorf("another project got %v, %v", got, err)
	}
}

func TestReplicasShareAQuota(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	granted := make([]int, 4)
	var replicas sync.WaitGroup
	for i := range granted {
		replicas.Go(func() {
			replica := h.replica(t)
			for fingerprint := range 5 {
				verdicts, err := replica.Verdicts(t.Context(), 1, []limits.Ask{ask("item", string(rune('a'+5*i+fingerprint)), noisy(0))})
				if err != nil {
					t.Error(err)
				}
				if verdicts[0] == may {
					granted[i]++
				}
			}
		})
	}
	replicas.Wait()
	if sum := granted[0] + granted[1] + granted[2] + granted[3]; sum != 5 {
		t.Errorf("%v were granted, want 5 together", granted)
	}
}

// Not in parallel: the whole Redis forgets, and another test that has just taught it would have to do so twice.
func TestARedisThatForgotTheScriptIsTaughtAgain(t *testing.T) {
	h := newHouse(t)
	h.expect(t, []limits.Ask{ask("1", "a", noisy(2))}, noise)
	if err := h.redis.ScriptFlush(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	h.expect(t, []limits.Ask{ask("1", "a", noisy(2)), ask("2", "a", noisy(2))}, noise, may)
}

func TestWithoutRedisEveryItemMayMakeItsIssue(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, addr := range map[string]string{"down": "127.0.0.1:1", "silent": silent.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			l := limits.New(&redis.Options{Addr: addr}, limits.Patience, time.Now)
			defer l.Close()
			// Far more than it may take, and less than the client would wait by itself.
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			verdicts, err := l.Verdicts(ctx, 1, []limits.Ask{ask("1", "a", noisy(9)), ask("2", "a", noisy(9))})
			if err == nil || !slices.Equal(verdicts, []grouping.Verdict{may, may}) {
				t.Errorf("got %v, %v", verdicts, err)
			}
			if ctx.Err() != nil {
				t.Error("it took more than ten seconds")
			}
		})
	}
}
