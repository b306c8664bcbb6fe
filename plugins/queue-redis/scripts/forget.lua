#!lua flags=allow-oom
-- forget.lua: the effect of an event is written. The event goes; a settled record shrinks to a tombstone, but for those that a parent may ask for.
-- KEYS as queue.lua, 11 handed out   ARGV 1 event id, 2 task key, 3 ms to remember
-- Returns "ok". Safe to send twice.
--!include now.lua
--!include queue.lua
redis.pcall('XACK', EVENTS, 'controller', ARGV[1])
redis.call('XDEL', EVENTS, ARGV[1])
redis.call('ZREM', KEYS[11], ARGV[1])
local record = recordOf(ARGV[2], { 'eid', 'par', 'uid' })
if record and FINAL[record.st] and record.eid == ARGV[1] and not record.par and not record.te then
  bury(ARGV[2], record.st, tonumber(ARGV[3]))
  redis.call('SREM', RUNS .. record.uid, 'task\n' .. STREAM .. '\n' .. ARGV[2])
end
return 'ok'
