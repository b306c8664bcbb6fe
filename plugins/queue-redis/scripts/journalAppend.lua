-- journalAppend.lua: add events in order, numbered.
-- KEYS 1 events by number, 2 number and size, 3 keys of the run   ARGV 1 writer, 2 batch, 3… events (JSON, an object without its last brace)
-- Returns {number of the last, events, bytes}. Sent again, a batch is added once.
--!include now.lua
if IS_RESENT and redis.call('HGET', KEYS[2], 'batch:' .. ARGV[1]) == ARGV[2] then
  return { tonumber(redis.call('HGET', KEYS[2], 'seq')), redis.call('ZCARD', KEYS[1]), tonumber(redis.call('HGET', KEYS[2], 'bytes')) }
end
local seq = tonumber(redis.call('HGET', KEYS[2], 'seq') or '0')
local bytes = 0
for i = 3, ARGS do
  seq = seq + 1
  local line = ARGV[i] .. ',"seq":' .. ms(seq) .. '}'
  redis.call('ZADD', KEYS[1], seq, line)
  bytes = bytes + #line + 1
end
redis.call('HSET', KEYS[2], 'seq', seq, 'batch:' .. ARGV[1], ARGV[2])
local all = redis.call('HINCRBY', KEYS[2], 'bytes', bytes)
redis.call('SADD', KEYS[3], 'key\n' .. KEYS[1] .. '\n', 'key\n' .. KEYS[2] .. '\n')
return { seq, redis.call('ZCARD', KEYS[1]), all }
