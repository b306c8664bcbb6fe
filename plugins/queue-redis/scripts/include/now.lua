-- The time of the queue, ms: Redis' own. The last argument of every script is what tests add to it; it is 0 elsewhere.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000) + tonumber(ARGV[#ARGV])
local function ms(time) return string.format('%.0f', time) end
