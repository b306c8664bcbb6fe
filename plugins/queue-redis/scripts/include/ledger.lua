-- Accounts of token budgets. An account is a hash: `c` for a budget without a window, else the end of each bucket (ms) and what was charged in
-- it. Beside it, under `:open`, stand the open calls, `<id> <tokens>` by when they are given up.
local BUCKETS = 288

local function chargedOf(account, window)
  if window <= 0 then return tonumber(redis.call('HGET', account, 'c') or '0') end
  local sum, all = 0, redis.call('HGETALL', account)
  for i = 1, #all, 2 do
    if tonumber(all[i]) + window > now then sum = sum + tonumber(all[i + 1]) else redis.call('HDEL', account, all[i]) end
  end
  return sum
end

local function openOf(account)
  redis.call('ZREMRANGEBYSCORE', account .. ':open', '-inf', ms(now))
  local sum, calls = 0, redis.call('ZRANGE', account .. ':open', 0, -1)
  for _, call in ipairs(calls) do sum = sum + tonumber(string.match(call, ' (%d+)$')) end
  return sum, #calls
end

local function charge(account, window, tokens)
  if window <= 0 then
    redis.call('HINCRBY', account, 'c', tokens)
  elseif tokens > 0 then
    local bucket = math.max(1, math.ceil(window / BUCKETS))
    redis.call('HINCRBY', account, ms((math.floor(now / bucket) + 1) * bucket), tokens)
    redis.call('PEXPIRE', account, ms(window + 2 * bucket))
  end
end
