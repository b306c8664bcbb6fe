-- ledgerReserve.lua: reserve a call in all its budgets at once, or in none.
-- KEYS 1 call, 2 counts of calls of the run, 3 keys of the run, 4… accounts   ARGV 1 call id, 2 input tokens, 3 most output tokens, 4 role,
-- 5 ms after which a caller that says nothing is given up, 6 ms to remember the call, 7… limit and window (ms) of each account
-- Returns {"granted", output tokens, n-th call} · {"wait", account} · {"exceeded", account, left, ms until there is room or -1}. Sent again, it is granted again.
--!include now.lua
--!include ledger.lua
local known = redis.call('GET', KEYS[1])
if known then
  local granted, call = string.match(known, '^(%d+) (%d+)\n')
  return { 'granted', granted, call }
end
local input, granted = tonumber(ARGV[2]), tonumber(ARGV[3])
local most = granted
local waitsFor
for i = 4, #KEYS do
  local limit, window = tonumber(ARGV[7 + (i - 4) * 2]), tonumber(ARGV[8 + (i - 4) * 2])
  local charged = chargedOf(KEYS[i], window)
  local reserved, open = openOf(KEYS[i])
  if limit - charged - input < 1 then
    local resumes, wanted = -1, limit - input - 1
    if window > 0 and wanted >= 0 then
      local ends, all = {}, redis.call('HGETALL', KEYS[i])
      for j = 1, #all, 2 do ends[#ends + 1] = { tonumber(all[j]), tonumber(all[j + 1]) } end
      table.sort(ends, function(a, b) return a[1] < b[1] end)
      local left = charged
      resumes = 0
      for _, bucket in ipairs(ends) do
        if left <= wanted then break end
        left = left - bucket[2]
        resumes = bucket[1] + window - now
      end
    end
    return { 'exceeded', i - 4, math.max(0, limit - charged - reserved), ms(resumes) }
  end
  local left = limit - charged - reserved
  if input + most > left then
    if open > 0 then waitsFor = waitsFor or i else granted = math.min(granted, left - input) end
  end
end
if waitsFor then return { 'wait', waitsFor - 4 } end
local tokens = ms(input + granted)
local lines = {}
for i = 4, #KEYS do
  redis.call('ZADD', KEYS[i] .. ':open', ms(now + tonumber(ARGV[5])), ARGV[1] .. ' ' .. tokens)
  lines[#lines + 1] = KEYS[i] .. ' ' .. ARGV[8 + (i - 4) * 2]
  if tonumber(ARGV[8 + (i - 4) * 2]) <= 0 then redis.call('SADD', KEYS[3], 'key\n' .. KEYS[i] .. '\n', 'key\n' .. KEYS[i] .. ':open\n') end
end
local call = redis.call('HINCRBY', KEYS[2], ARGV[4], 1)
redis.call('SADD', KEYS[3], 'key\n' .. KEYS[2] .. '\n')
redis.call('SET', KEYS[1], ms(granted) .. ' ' .. call .. '\n' .. ARGV[1] .. ' ' .. tokens .. '\n' .. table.concat(lines, '\n'), 'PX', ARGV[6])
return { 'granted', ms(granted), tostring(call) }
