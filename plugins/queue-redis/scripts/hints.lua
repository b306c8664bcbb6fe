-- hints.lua: everything that lies in an inbox, taken out.
-- KEYS 1 inbox
-- Returns {id of the newest hint, key, …}.
--!include now.lua
local found = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1000)
local answer = { '0-0' }
local info = redis.pcall('XINFO', 'STREAM', KEYS[1])
if not info.err then
  for i = 1, #info, 2 do if info[i] == 'last-generated-id' then answer[1] = info[i + 1] end end
end
for _, entry in ipairs(found) do
  answer[#answer + 1] = entry[2][2]
  redis.call('XDEL', KEYS[1], entry[1])
end
return answer
