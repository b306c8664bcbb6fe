-- enqueue.lua: add a task, unless its key is known or its queue is full. Safe to send twice: the second time it is known.
-- KEYS as queue.lua   ARGV 1 task key, 2 envelope, 3 its MAC, 4 run, 5 run UID, 6 retries, 7 deadline ms, 8 delay ms, 9 most tasks,
-- 10 header (JSON) of a task with a parent or "", 11 inbox or "", 12 envelope for a letter, when that is shorter, or ""
-- Returns "added", "known" or "full" (nothing is changed).
--!include now.lua
--!include queue.lua
local key = ARGV[1]
if recordOf(key) then return 'known' end
if redis.call('XLEN', STREAM) + redis.call('ZCARD', DELAYED) >= tonumber(ARGV[9]) then return 'full' end
local delay = tonumber(ARGV[8])
local state, id = 'delayed', ''
if delay > 0 then
  redis.call('ZADD', DELAYED, ms(now + delay), key)
else
  state, id = 'queued', redis.call('XADD', STREAM, '*', 'k', key)
end
redis.call('HSET', RECORDS .. key, 'st', state, 'id', id, 'env', ARGV[2], 'mac', ARGV[3], 'run', ARGV[4], 'uid', ARGV[5], 'rt', ARGV[6], 'dl', ARGV[7],
  'f', ms(now), 'cr', 0, 'er', 0, 'th', 0, 'sp', '', 'inb', ARGV[11], 'own', '')
redis.call('SADD', RUNS .. ARGV[5], 'task\n' .. STREAM .. '\n' .. key)
if ARGV[12] ~= '' then redis.call('HSET', RECORDS .. key, 'cut', ARGV[12]) end
if ARGV[10] ~= '' then
  local event = redis.call('XADD', EVENTS, '*', 't', 'delegated', 'k', key, 'q', STREAM, 'run', ARGV[4], 'uid', ARGV[5], 'task', ARGV[10])
  redis.call('HSET', RECORDS .. key, 'par', 1, 'deid', event)
end
return 'added'
