-- agentReports.lua: the reports of an agent's pods that count; older ones go.
-- KEYS 1 reports of an agent   ARGV 1 ms that one counts
-- Returns reports (JSON).
--!include now.lua
local answer = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local at, report = string.match(all[i + 1], '^(%d+) (.*)$')
  if tonumber(at) + tonumber(ARGV[1]) < now then redis.call('HDEL', KEYS[1], all[i]) else answer[#answer + 1] = report end
end
return answer
