#!lua flags=allow-oom
-- events.lua: events of one namespace: those that were handed out too long ago and not forgotten, then new ones.
-- KEYS 1 events, 2 handed out   ARGV 1 most, 2 ms after which they come again
-- Returns {id of the newest event, ms until one comes again or -1, id, fields, …}.
--!include now.lua
local most, again = tonumber(ARGV[1]), tonumber(ARGV[2])
local SPACE = string.match(KEYS[1], '^(.*%.)')
local FINAL = { done = true, dead = true, cancelled = true, expired = true }

-- What an event says, names and values in turn. Of a settled task its record tells; nil where there is none that is settled: what is told here
-- is lost or a lie, and whoever answers for the task finds that out by looking.
local function told(list)
  local event = {}
  for i = 1, #list, 2 do event[list[i]] = list[i + 1] end
  if event.t ~= 'settled' then return list end
  if not event.k or not event.q or string.sub(event.q, 1, #SPACE) ~= SPACE then return nil end
  local record = redis.pcall('HMGET', event.q .. ':task:' .. event.k, 'st', 'run', 'uid', 'cr', 'er', 'th', 'v', 'sp', 'm', 'te')
  if record.err or not FINAL[record[1] or ''] or record[10] then return nil end
  local counters = (record[4] or '0') .. ',' .. (record[5] or '0') .. ',' .. (record[6] or '0')
  return { 't', event.t, 'k', event.k, 'q', event.q, 's', record[1], 'run', record[2] or '', 'uid', record[3] or '', 'c', counters, 'v', record[7] or '',
    'sp', record[8] or '', 'm', record[9] or '' }
end
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ms(now - again), 'LIMIT', 0, most)) do
  local entry = redis.call('XRANGE', KEYS[1], id, id)
  if #entry == 0 then
    redis.call('ZREM', KEYS[2], id)
  else
    found[#found + 1] = entry[1]
  end
end
if #found < most then
  local function read() return redis.pcall('XREADGROUP', 'GROUP', 'controller', 'leader', 'COUNT', most - #found, 'STREAMS', KEYS[1], '>') end
  local new = read()
  if new and new.err then
    redis.call('XGROUP', 'CREATE', KEYS[1], 'controller', '0', 'MKSTREAM')
    new = read()
  end
  if new then for _, entry in ipairs(new[1][2]) do found[#found + 1] = entry end end
end
local answer = {}
for _, entry in ipairs(found) do
  local event = told(entry[2])
  if event then
    redis.call('ZADD', KEYS[2], ms(now), entry[1])
    answer[#answer + 1] = entry[1]
    answer[#answer + 1] = event
  else
    redis.call('XACK', KEYS[1], 'controller', entry[1])
    redis.call('XDEL', KEYS[1], entry[1])
    redis.call('ZREM', KEYS[2], entry[1])
  end
end
local due = -1
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if #first > 0 then due = math.max(0, tonumber(first[2]) + again - now) end
local newest = '0-0'
local info = redis.pcall('XINFO', 'STREAM', KEYS[1])
if not info.err then
  for i = 1, #info, 2 do if info[i] == 'last-generated-id' then newest = info[i + 1] end end
end
table.insert(answer, 1, ms(due))
table.insert(answer, 1, newest)
return answer
