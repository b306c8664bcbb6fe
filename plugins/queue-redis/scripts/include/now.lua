-- The time of the queue, ms: Redis' own. The last argument but one is what tests add to it, 0 elsewhere; the last is "1" when the script is
-- sent again because its reply was lost.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000) + tonumber(ARGV[#ARGV - 1])
local IS_RESENT = ARGV[#ARGV] == '1'
local ARGS = #ARGV - 2
local function ms(time) return string.format('%.0f', time) end
