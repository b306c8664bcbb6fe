#!lua flags=allow-oom
-- complete.lua: record a result and end the claim, if the claim is still ours.
-- KEYS as queue.lua   ARGV 1 task key, 2 token, 3 result (JSON), 4 its MAC, 5 call id
-- Returns "recorded" or "fenced" (nothing is changed). Sent again, it says again what it said.
--!include now.lua
--!include queue.lua
local key = ARGV[1]
local record = recordOf(key)
if record and record.by == ARGV[2] .. ARGV[5] then return record.said end
if not record or record.tok ~= ARGV[2] or record.st ~= 'running' then return 'fenced' end
settle(key, record, 'done', ARGV[3], ARGV[4], ARGV[2] .. ARGV[5], 'recorded')
return 'recorded'
