package testdb

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// claimTime is how long a Redis database stays taken when its test was killed.
const claimTime = time.Hour

// Redis connects to a Redis database of the test's own, empty at first, until the test ends. Its options tell where it
// is.
func Redis(t testing.TB) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(requireEnv(t, redisURL))
	if err != nil {
		t.Fatalf("testdb: %s: %v", redisURL, err)
	}
	options.DB = claim(t, options)
	client := redis.NewClient(options)
	t.Cleanup(func() { client.Close() })
	if err := client.FlushDB(t.Context()).Err(); err != nil {
		t.Fatalf("testdb: %v", err)
	}
	return client
}

// claim takes a logical database. Who has which is written in database 0, which no test gets.
func claim(t testing.TB, options *redis.Options) int {
	t.Helper()
	options0 := *options
	options0.DB = 0
	keeper := redis.NewClient(&options0)
	ctx := t.Context()
	config, err := keeper.ConfigGet(ctx, "databases").Result()
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	databases, err := strconv.Atoi(config["databases"])
	if err != nil || databases < 2 {
		t.Fatalf("testdb: a Redis with %q databases has none to spare", config["databases"])
	}
	for range databases - 1 {
		next, err := keeper.Incr(ctx, "picket_test:next").Result()
		if err != nil {
			t.Fatalf("testdb: %v", err)
		}
		number := 1 + int(next)%(databases-1)
		key := fmt.Sprintf("picket_test:claimed:%d", number)
		claimed, err := keeper.SetNX(ctx, key, t.Name(), claimTime).Result()
		if err != nil {
			t.Fatalf("testdb: %v", err)
		}
		if claimed {
			t.Cleanup(func() {
				if err := keeper.Del(context.Background(), key).Err(); err != nil {
					t.Errorf("testdb: %v", err)
				}
				keeper.Close()
			})
			return number
		}
	}
	t.Fatalf("testdb: all %d Redis databases are taken", databases-1)
	return 0
}
