#!lua flags=allow-oom
-- complete.lua: record results and end their claims, where the claim is still ours.
-- KEYS as queue.lua   ARGV for each: task key, token, result (JSON), its MAC, call id
-- Returns "recorded" or "fenced" (nothing is changed) for each. Sent again, it says again what it said.
--!include now.lua
--!include queue.lua
local EACH = 5
local READ = { 'id', 'tok', 'inb', 'wid', 'ws', 'by', 'said' }

local function complete(key, token, result, mac, call)
  local record = recordOf(key, READ)
  local by = token .. call
  if record and record.by == by then return record.said end
  if not record or record.tok ~= token or record.st ~= 'running' then return 'fenced' end
  settle(key, record, 'done', result, mac, by, 'recorded')
  return 'recorded'
end

local answer = {}
together = { ids = {}, keys = {} }
for at = 1, ARGS, EACH do answer[#answer + 1] = complete(unpack(ARGV, at, at + EACH - 1)) end
if #together.keys > 0 then
  redis.call('XDEL', STREAM, unpack(together.ids))
  redis.call('ZREM', LEASES, unpack(together.keys))
end
return answer
