-- journalReplace.lua: a journal that was full, brought within its bounds, unless it has grown meanwhile.
-- KEYS 1 events by number, 2 number and size   ARGV 1 number of the last event that was seen, 2… numbers and events (JSON) in turn
-- Returns "ok" or "changed".
--!include now.lua
if redis.call('HGET', KEYS[2], 'seq') ~= ARGV[1] then return 'changed' end
redis.call('DEL', KEYS[1])
local bytes = 0
for i = 2, ARGS, 2 do
  redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1])
  bytes = bytes + #ARGV[i + 1] + 1
end
redis.call('HSET', KEYS[2], 'bytes', bytes)
return 'ok'
