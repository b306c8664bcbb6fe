#!lua flags=allow-oom
-- hints.lua: what lies in an inbox behind what was read before. What was read before goes: a reply that is lost loses no hint.
-- KEYS 1 inbox   ARGV 1 id of the last hint that was read
-- Returns {id of the newest hint, key, …}. Sent again, it gives the same again.
--!include now.lua
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', ARGV[1], 'COUNT', 1000)) do redis.call('XDEL', KEYS[1], entry[1]) end
local answer = { ARGV[1] }
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', 1000)) do
  answer[1] = entry[1]
  answer[#answer + 1] = entry[2][2]
end
return answer
