#!lua flags=allow-oom
-- claim.lua: take tasks: those whose lease is over first, then those that wait, after the delayed ones that are due have joined them. What may
-- not run any more is settled on the way. Sent again (a lost reply), it gives the tasks that it gave under the same tokens, nothing counted.
-- The group keeps no list of what is pending: leases do, so that a lease ends by the queue's own time and holds for a task, not for an entry.
-- KEYS as queue.lua   ARGV 1 consumer, 2 lease ms, 3 most crashes, 4 most letters, 5 "1" when lapsed leases are
-- looked for, 6… tokens, one for each task that is wanted
-- Returns {id of the stream's last entry ("" when there are as many tasks as are wanted), ms until something is due or -1, key, envelope, MAC, token, crashes, errors,
-- throttled, spent, …}
--!include now.lua
--!include queue.lua
local consumer, lease, mostCrashes, mostLetters = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local looksForLapsed = ARGV[5] == '1'
local wanted = ARGS - 5
local LEASE_ENDS = ms(now + lease)
local PROMOTED_AT_ONCE = 100
local READ = { 'id', 'tok', 'cc', 'dl', 'cr', 'er', 'th', 'sp', 'env', 'mac' }
local STATES = { queued = true, delayed = true, running = true, done = true, dead = true, cancelled = true, expired = true }
local answer = { '', '-1' }
local leases = {}
local count = 0

local function hand(key, record, token)
  redis.call('HSET', record.place, 'st', 'running', 'tok', token, 'own', consumer)
  local at = #leases
  leases[at + 1], leases[at + 2] = LEASE_ENDS, key
  local n = #answer
  answer[n + 1], answer[n + 2], answer[n + 3], answer[n + 4] = key, record.env or '', record.mac or '', token
  answer[n + 5], answer[n + 6], answer[n + 7], answer[n + 8] = record.cr or '0', record.er or '0', record.th or '0', record.sp or ''
  count = count + 1
end

-- What somebody has done to a record; nil for one that is whole.
local function damageOf(record)
  if record.cr or record.er or record.th then
    for _, name in ipairs({ 'cr', 'er', 'th' }) do
      if record[name] and not (#record[name] <= 9 and string.find(record[name], '^%d+$')) then return 'its counter ' .. name .. ' is no number' end
    end
  end
  if not record.dl or #record.dl > 16 or not string.find(record.dl, '^%d+$') then return 'its deadline is no time' end
  if not STATES[record.st] then return 'its state is none' end
end

-- Whether a task may be delivered; settles it otherwise.
local function mayRun(key, record, isLapsed)
  local damage = damageOf(record)
  if damage then
    redis.call('HDEL', record.place, 'cr', 'er', 'th', 'dl')
    record = recordOf(key)
    local message = 'the record of the task is damaged: ' .. damage
    addLetter(key, record, 'BadEnvelope', message, mostLetters)
    settle(key, record, 'dead', failure('BadEnvelope', message), '')
  elseif record.cc then
    settle(key, recordOf(key), 'cancelled', failure('Cancelled', record.cc), '')
  elseif tonumber(record.dl) > 0 and tonumber(record.dl) <= now then
    settle(key, recordOf(key), 'expired', failure('TimedOut', "the task's deadline passed before an agent could take it up"), '')
  else
    if not isLapsed then return true end
    record.cr = redis.call('HINCRBY', record.place, 'cr', 1)
    if record.cr < mostCrashes then return true end
    record = recordOf(key)
    local message = record.cr .. ' deliveries ended without a verdict, the last at "' .. record.own .. '"; the agent died or hung each time'
    addLetter(key, record, 'Poison', message, mostLetters)
    settle(key, record, 'dead', failure('Poison', message), '')
  end
  return false
end

if IS_RESENT then
  local mine = {}
  for i = 6, 5 + wanted do mine[ARGV[i]] = true end
  for _, key in ipairs(redis.call('ZRANGE', LEASES, 0, -1)) do
    local record = recordOf(key, READ)
    if record and record.st == 'running' and mine[record.tok] then hand(key, record, record.tok) end
  end
  if count > 0 then
    redis.call('ZADD', LEASES, unpack(leases))
    return answer
  end
end

for _, key in ipairs(redis.call('ZRANGEBYSCORE', DELAYED, '-inf', ms(now), 'LIMIT', 0, PROMOTED_AT_ONCE)) do
  redis.call('ZREM', DELAYED, key)
  if redis.call('EXISTS', RECORDS .. key) == 1 then park(key, 0) end
end
while looksForLapsed and count < wanted do
  local key = redis.call('ZRANGEBYSCORE', LEASES, '-inf', ms(now), 'LIMIT', 0, 1)[1]
  if not key then break end
  local record = recordOf(key, READ)
  if not record or record.st ~= 'running' then
    redis.call('ZREM', LEASES, key)
  elseif mayRun(key, record, true) then
    hand(key, record, ARGV[6 + count])
    redis.call('ZADD', LEASES, LEASE_ENDS, key) -- at once, or it would be the next again
  end
end
while count < wanted do
  local read = redis.pcall('XREADGROUP', 'GROUP', GROUP, WORKER, 'COUNT', wanted - count, 'NOACK', 'STREAMS', STREAM, '>')
  if read and read.err then
    redis.call('XGROUP', 'CREATE', STREAM, GROUP, '0', 'MKSTREAM')
    read = redis.call('XREADGROUP', 'GROUP', GROUP, WORKER, 'COUNT', wanted - count, 'NOACK', 'STREAMS', STREAM, '>')
  end
  if not read then break end
  for _, entry in ipairs(read[1][2]) do
    local key = fields(entry[2]).k
    local record = key and recordOf(key, READ)
    if not record then
      -- Nobody has enqueued it: whoever wrote it may look at it.
      addLetter(key or '', { isUnread = true }, 'Foreign', 'the entry ' .. entry[1] .. ' belongs to no task', mostLetters)
      redis.call('XDEL', STREAM, entry[1])
    elseif (record.st == 'queued' or not STATES[record.st]) and record.id == entry[1] then
      if mayRun(key, record, false) then hand(key, record, ARGV[6 + count]) end
    elseif record.id ~= entry[1] then
      redis.call('XDEL', STREAM, entry[1])
    end
  end
end

if count > 0 then redis.call('ZADD', LEASES, unpack(leases)) end
-- Where to wait for more, and for how long at most.
if count < wanted then
  for _, set in ipairs(looksForLapsed and { DELAYED, LEASES } or { DELAYED }) do
    local first = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')
    if #first > 0 then
      local left = math.max(0, tonumber(first[2]) - now)
      if tonumber(answer[2]) < 0 or left < tonumber(answer[2]) then answer[2] = ms(left) end
    end
  end
  local last = redis.call('XREVRANGE', STREAM, '+', '-', 'COUNT', 1)
  answer[1] = last[1] and last[1][1] or '0-0'
end
return answer
