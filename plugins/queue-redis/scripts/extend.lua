#!lua flags=allow-oom
-- extend.lua: keep a claim, and say that the task stands still or goes on, when that is new and not said too soon after the last.
-- KEYS as queue.lua, 11 stop   ARGV 1 task key, 2 token, 3 lease ms, 4 waiting (JSON) or "", 5 what it says, to compare, 6 ms between two sayings
-- Returns "ok", "cancel", "stop" or "fenced" (nothing is changed). Safe to send twice.
--!include now.lua
--!include queue.lua
local key = ARGV[1]
local record = recordOf(key, { 'wat' })
if not record or record.tok ~= ARGV[2] or record.st ~= 'running' then return 'fenced' end
redis.call('ZADD', LEASES, ms(now + tonumber(ARGV[3])), key)
if ARGV[4] ~= '' and (record.ws or '') ~= ARGV[5] and tonumber(record.wat or '0') + tonumber(ARGV[6]) <= now then
  quiet(key, record)
  local id = redis.call('XADD', EVENTS, '*', 't', 'waiting', 'k', key, 'q', STREAM, 'run', record.run, 'uid', record.uid, 'w', ARGV[4])
  redis.call('HSET', RECORDS .. key, 'ws', ARGV[5], 'wat', ms(now), 'wid', id)
end
if record.cc then return 'cancel' end
if redis.call('EXISTS', KEYS[11]) == 1 then return 'stop' end
return 'ok'
