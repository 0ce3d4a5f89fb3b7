-- May this item make an issue?
--
-- KEYS[1] noise: a hash, item id -> rank in which it was first asked about, of those held back
-- KEYS[2] quota: a sorted set, fingerprint hash -> granule (seconds) in which it was granted an issue
-- ARGV    item id, fingerprint hash, noise limit (0: none), noise expiry, now, quota window, granularity, limit
--         (all times in seconds)
-- Answers as grouping.Verdict: 1 it may, 2 too few seen, 3 over quota.
local item, hash = ARGV[1], ARGV[2]
local ignore, expiry, now = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local window, granularity, limit = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])

if ignore > 0 then
  local rank = tonumber(redis.call('HGET', KEYS[1], item))
  if not rank then
    rank = redis.call('HLEN', KEYS[1]) + 1
    -- Those that pass are not written down: they pass again, and a fingerprint over quota takes no more room.
    if rank < ignore then
      redis.call('HSET', KEYS[1], item, rank)
    end
    redis.call('EXPIRE', KEYS[1], expiry)
  end
  if rank < ignore then
    return 2
  end
end

local granule = math.floor(now / granularity) * granularity
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', granule - window)
if redis.call('ZSCORE', KEYS[2], hash) then
  return 1
end
if redis.call('ZCARD', KEYS[2]) >= limit then
  return 3
end
redis.call('ZADD', KEYS[2], granule, hash)
redis.call('EXPIRE', KEYS[2], window + granularity)
return 1
