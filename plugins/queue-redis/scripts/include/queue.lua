-- What every transition of a task does: its entry, its record, its letter, its event. KEYS 1 stream, 2 records (prefix), 3 delayed,
-- 4 leases, 5 letters, 6 events, 7 queues with letters, 8 counter of letters, 9 inbox (prefix), 10 runs (prefix).
local STREAM, RECORDS, DELAYED, LEASES, LETTERS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local EVENTS, LETTER_QUEUES, LETTER_COUNTER, INBOX, RUNS = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local GROUP, WORKER = 'workers', 'worker'
local FINAL = { done = true, dead = true, cancelled = true, expired = true }
local HOUR_MS = 3600000

local function fields(list)
  local map = {}
  for i = 1, #list, 2 do map[list[i]] = list[i + 1] end
  return map
end

-- The fields of a record but for its texts. Nothing is written for a counter of 0, nor for what is empty.
local NAMES = { 'id', 'tok', 'cr', 'er', 'th', 'dl', 'cc', 'sp', 'own', 'run', 'uid', 'inb', 'wid', 'ws', 'by', 'said', 'rt' }

-- The record of a task: of its fields those that are named, else all but its texts. Nil when it is unknown, or was remembered for long enough.
local function recordOf(key, names)
  names = names or NAMES
  local place = RECORDS .. key
  local values = redis.pcall('HMGET', place, 'st', 'te', unpack(names))
  if values.err then
    if not string.find(values.err, 'WRONGTYPE', 1, true) then error(values.err) end
    redis.call('DEL', place) -- what is there is no record of ours, and would be in the way of one
    return nil
  end
  if not values[1] then return nil end
  if values[2] and tonumber(values[2]) <= now then
    redis.call('DEL', place)
    return nil
  end
  local record = { place = place, st = values[1], te = values[2] or nil }
  for i = 1, #names do record[names[i]] = values[i + 2] or nil end
  return record
end

-- Takes a task from wherever it stands. A running one waits in `together`, where there is such a list, for all to be taken at once.
local together
local function lift(key, record)
  if together and record.st == 'running' then
    together.ids[#together.ids + 1], together.keys[#together.keys + 1] = record.id, key
    return
  end
  if record.st == 'queued' or record.st == 'running' then redis.call('XDEL', STREAM, record.id) end
  if record.st == 'delayed' then redis.call('ZREM', DELAYED, key) end
  if record.st == 'running' then redis.call('ZREM', LEASES, key) end
end

-- Puts a task where workers find it, now or in `delay` ms.
local function park(key, delay)
  if delay > 0 then
    redis.call('ZADD', DELAYED, ms(now + delay), key)
    redis.call('HSET', RECORDS .. key, 'st', 'delayed', 'id', '', 'tok', '')
  else
    local id = redis.call('XADD', STREAM, '*', 'k', key)
    redis.call('HSET', RECORDS .. key, 'st', 'queued', 'id', id, 'tok', '')
  end
end

-- Nothing more is to be said of a task that stood still.
local function quiet(record)
  if record.wid then redis.call('XDEL', EVENTS, record.wid) end
  if record.ws then redis.call('HDEL', record.place, 'wid', 'ws') end
end

local function countersOf(record)
  return (record.cr or '0') .. ',' .. (record.er or '0') .. ',' .. (record.th or '0')
end

-- A letter, with the envelope as it was or, when that is long, as it was cut. Over the queue's limit the oldest goes.
local function addLetter(key, record, reason, message, most)
  local texts = record.isUnread and { } or redis.call('HMGET', RECORDS .. key, 'cut', 'env', 'f')
  local env = texts[1] or texts[2] or ''
  local id = redis.call('INCR', LETTER_COUNTER) .. '-0'
  redis.call('XADD', LETTERS, id, 'k', key, 'q', STREAM, 'reason', reason, 'message', message, 'c', countersOf(record), 'first', texts[3] or ms(now),
    'last', ms(now), 'own', record.own or '', 'env', env)
  redis.call('SADD', LETTER_QUEUES, STREAM)
  if record.uid then redis.call('SADD', RUNS .. record.uid, 'letter\n' .. LETTERS .. '\n' .. id) end
  if redis.call('XLEN', LETTERS) > most then
    local oldest = redis.call('XRANGE', LETTERS, '-', '+', 'COUNT', 1)
    redis.call('XDEL', LETTERS, oldest[1][1])
  end
end

-- The end of a task: record, event and hint are one fact. The event names the task, whose record says the rest until the event is forgotten.
-- `verdict` is the result or the failure as JSON, `mac` its MAC or '', `by` the call that said it.
local function settle(key, record, state, verdict, mac, by, said)
  lift(key, record)
  quiet(record)
  local id = redis.call('XADD', EVENTS, '*', 't', 'settled', 'k', key, 'q', STREAM)
  redis.call('HSET', record.place, 'st', state, 'v', verdict, 'm', mac, 'eid', id, 'by', by or '', 'said', said or '')
  redis.call('HDEL', record.place, 'tok', 'id', 'env', 'mac', 'cut')
  if record.inb then
    redis.call('XADD', INBOX .. record.inb, '*', 'k', key)
    redis.call('PEXPIRE', INBOX .. record.inb, HOUR_MS)
  end
end

-- A failure that the queue itself finds; it costs nothing.
local function failure(reason, message)
  return cjson.encode({ reason = reason, message = message, permanent = true, usage = { inputTokens = 0, outputTokens = 0, totalTokens = 0 } })
end

-- A settled record shrinks to what late duplicates are told.
local function bury(key, state, tombstone)
  redis.call('DEL', RECORDS .. key)
  redis.call('HSET', RECORDS .. key, 'st', state, 'te', ms(now + tombstone))
  redis.call('PEXPIRE', RECORDS .. key, tombstone)
end
