// What is done to an agent's memories, each in one go. KEYS 1 ids in order, 2 entries by id: `<ms of its end, 0 = never> <JSON>`, 3 counter.

/**
 * Adds entries. ARGV 1 ms that an entry lives (0 = for ever), 2 most entries (0 = no cap), then id, ms, JSON of each.
 * An id that is known is replaced where it stands. Entries of one moment keep the order in which they came.
 */
export const REMEMBER = `
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local life, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local ends = life > 0 and now + life or 0
for i = 3, #ARGV, 3 do
  local id, at, json = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]
  if not redis.call('ZSCORE', KEYS[1], id) then
    redis.call('ZADD', KEYS[1], string.format('%.0f', at * 1000 + redis.call('INCR', KEYS[3]) % 1000), id)
  end
  redis.call('HSET', KEYS[2], id, string.format('%.0f', ends) .. ' ' .. json)
end
local over = most > 0 and redis.call('ZCARD', KEYS[1]) - most or 0
if over > 0 then
  for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, over - 1)) do redis.call('HDEL', KEYS[2], id) end
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, over - 1)
end
if life > 0 then for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, life) end end
return 'ok'`;

/** The most recent entries, ARGV 1 at most, the newest first; what has ended goes. */
export const RECALL = `
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local answer = {}
for _, id in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, -1)) do
  if #answer >= tonumber(ARGV[1]) then break end
  local entry = redis.call('HGET', KEYS[2], id)
  local ends, json = string.match(entry or '0 ', '^(%d+) (.*)$')
  if not entry or (ends ~= '0' and tonumber(ends) <= now) then
    redis.call('ZREM', KEYS[1], id)
    redis.call('HDEL', KEYS[2], id)
  else
    answer[#answer + 1] = json
  end
end
return answer`;
