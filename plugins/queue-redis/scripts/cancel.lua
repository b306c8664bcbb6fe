#!lua flags=allow-oom
-- cancel.lua: stop a task, wherever it is.
-- KEYS as queue.lua   ARGV 1 task key, 2 cause, 3 ms to remember an unknown one, 4 call id
-- Returns "removed", "asked" (told at the next heartbeat) or "known". Sent again, it says again what it said.
--!include now.lua
--!include queue.lua
local key = ARGV[1]
local record = recordOf(key)
if not record then
  bury(key, 'cancelled', tonumber(ARGV[3]))
  return 'known'
end
if record.by == ARGV[4] then return record.said end
if FINAL[record.st] then return 'known' end
if not record.cc then
  record.cc = ARGV[2]
  redis.call('HSET', RECORDS .. key, 'cc', ARGV[2])
end
if record.st == 'running' then
  local lease = redis.call('ZSCORE', LEASES, key)
  if lease and tonumber(lease) > now then return 'asked' end
end
settle(key, record, 'cancelled', failure('Cancelled', record.cc), '', ARGV[4], 'removed')
return 'removed'
