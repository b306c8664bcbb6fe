#!lua flags=allow-oom
-- release.lua: give a task back unjudged.
-- KEYS as queue.lua   ARGV 1 task key, 2 token, 3 delay ms, 4 "1" when throttling is counted, 5 spent (JSON) or "", 6 call id
-- Returns "queued", "cancelled" or "fenced" (nothing is changed).
--!include now.lua
--!include queue.lua
local key = ARGV[1]
local record = recordOf(key)
if record and record.by == ARGV[2] .. ARGV[6] then return record.said end
if not record or record.tok ~= ARGV[2] or record.st ~= 'running' then return 'fenced' end
local by = ARGV[2] .. ARGV[6]
if ARGV[5] ~= '' then record.sp = (record.sp or '') .. ARGV[5] .. '\n' end
if record.cc then
  settle(key, record, 'cancelled', failure('Cancelled', record.cc), '', by, 'cancelled')
  redis.call('HSET', RECORDS .. key, 'sp', record.sp or '')
  return 'cancelled'
end
if ARGV[4] == '1' then redis.call('HINCRBY', RECORDS .. key, 'th', 1) end
lift(key, record)
quiet(record)
redis.call('HSET', RECORDS .. key, 'sp', record.sp or '', 'by', by, 'said', 'queued')
park(key, tonumber(ARGV[3]))
return 'queued'
