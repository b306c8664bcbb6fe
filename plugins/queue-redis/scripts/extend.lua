#!lua flags=allow-oom
-- extend.lua: keep claims, and say that a task stands still or goes on, when that is new and not said too soon after the last.
-- KEYS as queue.lua, 11 stop   ARGV 1 lease ms, 2 ms between two sayings, then for each: task key, token, waiting (JSON) or "", what it says, to compare
-- Returns "ok", "cancel", "stop" or "fenced" (nothing is changed) for each. Safe to send twice.
--!include now.lua
--!include queue.lua
local LEASE, BETWEEN, EACH = tonumber(ARGV[1]), tonumber(ARGV[2]), 4
local LEASE_ENDS = ms(now + LEASE)
local READ = { 'tok', 'cc', 'wid', 'ws', 'wat', 'run', 'uid' }
local stops = redis.call('EXISTS', KEYS[11]) == 1

local function extend(key, token, waiting, says)
  local record = recordOf(key, READ)
  if not record or record.tok ~= token or record.st ~= 'running' then return 'fenced' end
  redis.call('ZADD', LEASES, LEASE_ENDS, key)
  if waiting ~= '' and (record.ws or '') ~= says and tonumber(record.wat or '0') + BETWEEN <= now then
    quiet(record)
    local id = redis.call('XADD', EVENTS, '*', 't', 'waiting', 'k', key, 'q', STREAM, 'run', record.run, 'uid', record.uid, 'w', waiting)
    redis.call('HSET', record.place, 'ws', says, 'wat', ms(now), 'wid', id)
  end
  if record.cc then return 'cancel' end
  return stops and 'stop' or 'ok'
end

local answer = {}
for at = 3, ARGS, EACH do answer[#answer + 1] = extend(unpack(ARGV, at, at + EACH - 1)) end
return answer
