-- claim.lua: take tasks: those whose lease is over first, then those that wait, after the delayed ones that are due have joined them. What may
-- not run any more is settled on the way. Asked twice with the same tokens (a lost reply), it gives the same tasks again, nothing counted.
-- KEYS as queue.lua, 11 what the consumer was given last   ARGV 1 consumer, 2 lease ms, 3 most crashes, 4 most letters, 5… tokens, one for
-- each task that is wanted
-- Returns {id of the stream's last entry ("" when there are tasks), ms until something is due or -1, key, envelope, MAC, token, crashes, errors, throttled, spent, …}
--!include now.lua
--!include queue.lua
local GIVEN = KEYS[11]
local consumer, lease, mostCrashes, mostLetters = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local wanted = #ARGV - 5
local PROMOTED_AT_ONCE = 100
local taken = {}
local given = {}

local function hand(key, record, token)
  redis.call('HSET', RECORDS .. key, 'st', 'running', 'tok', token, 'own', consumer)
  redis.call('ZADD', LEASES, ms(now + lease), key)
  for _, value in ipairs({ key, record.env, record.mac, token, record.cr, record.er, record.th, record.sp }) do taken[#taken + 1] = value end
  given[#given + 1] = key .. '\n' .. token
end
local function count() return #given end

-- Whether a task may be delivered; settles it otherwise.
local function mayRun(key, record, isLapsed)
  if record.cc then
    settle(key, record, 'cancelled', failure('Cancelled', record.cc), '')
  elseif tonumber(record.dl) > 0 and tonumber(record.dl) <= now then
    settle(key, record, 'expired', failure('TimedOut', "the task's deadline passed before an agent could take it up"), '')
  else
    if not isLapsed then return true end
    record.cr = redis.call('HINCRBY', RECORDS .. key, 'cr', 1)
    if record.cr < mostCrashes then return true end
    local message = record.cr .. ' deliveries ended without a verdict, the last at "' .. record.own .. '"; the agent died or hung each time'
    addLetter(key, record, 'Poison', message, mostLetters)
    settle(key, record, 'dead', failure('Poison', message), '')
  end
  return false
end

local last = redis.call('GET', GIVEN)
if wanted > 0 and last and string.find(last, ARGV[5], 1, true) then
  for key, token in string.gmatch(last, '([^\n]+)\n([^\n]+)') do
    local record = recordOf(key)
    if record and record.tok == token and record.st == 'running' then hand(key, record, token) end
  end
else
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', DELAYED, '-inf', ms(now), 'LIMIT', 0, PROMOTED_AT_ONCE)) do
    redis.call('ZREM', DELAYED, key)
    if redis.call('EXISTS', RECORDS .. key) == 1 then park(key, 0) end
  end
  while count() < wanted do
    local lapsed = redis.call('ZRANGEBYSCORE', LEASES, '-inf', ms(now), 'LIMIT', 0, 1)
    if #lapsed == 0 then break end
    local key = lapsed[1]
    local record = recordOf(key)
    if not record or record.st ~= 'running' then
      redis.call('ZREM', LEASES, key)
    elseif mayRun(key, record, true) then
      hand(key, record, ARGV[5 + count()])
    end
  end
  while count() < wanted do
    local read = redis.pcall('XREADGROUP', 'GROUP', GROUP, WORKER, 'COUNT', wanted - count(), 'STREAMS', STREAM, '>')
    if read and read.err then
      redis.call('XGROUP', 'CREATE', STREAM, GROUP, '0', 'MKSTREAM')
      read = redis.call('XREADGROUP', 'GROUP', GROUP, WORKER, 'COUNT', wanted - count(), 'STREAMS', STREAM, '>')
    end
    if not read then break end
    for _, entry in ipairs(read[1][2]) do
      local key = fields(entry[2]).k
      local record = key and recordOf(key)
      if not record then
        -- Nobody has enqueued it: whoever wrote it may look at it.
        addLetter(key or '', {}, 'Foreign', 'the entry ' .. entry[1] .. ' belongs to no task', mostLetters)
        dropEntry({ id = entry[1] })
      elseif record.st == 'queued' and record.id == entry[1] then
        if mayRun(key, record, false) then hand(key, record, ARGV[5 + count()]) end
      elseif record.id ~= entry[1] then
        dropEntry({ id = entry[1] })
      end
    end
  end
  if count() > 0 then redis.call('SET', GIVEN, table.concat(given, '\n'), 'PX', lease) end
end

local due = -1
for _, set in ipairs({ DELAYED, LEASES }) do
  local first = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')
  if #first > 0 then
    local left = math.max(0, tonumber(first[2]) - now)
    if due < 0 or left < due then due = left end
  end
end
local newest = ''
if count() == 0 then
  local info = redis.pcall('XINFO', 'STREAM', STREAM)
  newest = info.err and '0-0' or fields(info)['last-generated-id']
end
table.insert(taken, 1, ms(due))
table.insert(taken, 1, newest)
return taken
