"""What Redis does with letters in one step each; `letters` says with which keys and words. Hop 9."""

from __future__ import annotations

from monitor.store.commit import MAX_TRANSITIONS

PUT = """
local now = tonumber(ARGV[3])
if redis.call('ZADD', KEYS[1], 'NX', now, ARGV[1]) == 0 then return 0 end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[8]))
if ARGV[4] == 'hold' then
  redis.call('HSET', KEYS[3], ARGV[6] .. '/' .. ARGV[1], ARGV[2])
  redis.call('SADD', KEYS[4], ARGV[5])
  return 1
end
redis.call('XADD', KEYS[2], '*', ARGV[10], ARGV[2])
if ARGV[7] == 'test' then return 1 end
local older = ARGV[6] .. '/'
for _, field in ipairs(redis.call('HKEYS', KEYS[3])) do
  if field:sub(1, #older) == older then redis.call('HDEL', KEYS[3], field) end
end
if redis.call('HLEN', KEYS[3]) == 0 then redis.call('SREM', KEYS[4], ARGV[5]) end
redis.call('ZADD', KEYS[5], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', '(' .. now - 3600000)
if ARGV[7] == 'ends' then redis.call('ZREM', KEYS[6], ARGV[6]) end
if ARGV[7] == 'begins' then
  redis.call('ZADD', KEYS[6], now, ARGV[6])
  redis.call('ZREMRANGEBYRANK', KEYS[6], 0, -1 - tonumber(ARGV[9]))
end
return 1
"""

RELEASE = """
local fields = cjson.decode(ARGV[5])
for _, field in ipairs(fields.held) do
  if redis.call('HEXISTS', KEYS[1], field) == 0 then return 0 end
end
local now = tonumber(ARGV[3])
redis.call('XADD', KEYS[3], '*', ARGV[6], ARGV[2])
redis.call('ZADD', KEYS[4], now, ARGV[1])
for _, field in ipairs(fields.held) do redis.call('HDEL', KEYS[1], field) end
if redis.call('HLEN', KEYS[1]) == 0 then redis.call('SREM', KEYS[2], ARGV[4]) end
for _, thread in ipairs(fields.ends) do redis.call('ZREM', KEYS[5], thread) end
for _, thread in ipairs(fields.begins) do redis.call('ZADD', KEYS[5], now, thread) end
return 1
"""

FAILED = """
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
for place = 5, #ARGV do
  if ARGV[place] ~= ARGV[1] and redis.call('HEXISTS', KEYS[1], ARGV[place]) == 1 then return 1 end
end
redis.call('XADD', KEYS[2], '*', ARGV[3], ARGV[4])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', 'MAX_TRANSITIONS', '*', ARGV[3], ARGV[4])
return 1
""".replace("MAX_TRANSITIONS", str(MAX_TRANSITIONS))
"""To the outbox and to the trail, as the commit gives what the step says: what is told stands in both."""
