#!lua flags=allow-oom
-- look.lua: where a task is. A record whose entry is gone (a store that lost writes) is taken away, so that it can be enqueued again.
-- KEYS as queue.lua   ARGV 1 task key
-- Returns {state, verdict, spent, MAC, "1" for a tombstone}.
--!include now.lua
--!include queue.lua
local key = ARGV[1]
local record = recordOf(key, { 'id', 'sp', 'v', 'm' })
if not record then return { 'absent' } end
if FINAL[record.st] then return { record.st, record.v or '', record.sp or '', record.m or '', record.te and '1' or '' } end
local isThere
if record.st == 'delayed' then
  isThere = redis.call('ZSCORE', DELAYED, key)
elseif record.st == 'running' then
  isThere = redis.call('ZSCORE', LEASES, key)
else
  isThere = record.id ~= '' and #redis.call('XRANGE', STREAM, record.id, record.id) > 0
end
if isThere then return { record.st } end
redis.call('DEL', RECORDS .. key)
return { 'absent' }
