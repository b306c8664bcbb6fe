-- enqueue.lua: add tasks, but those whose key is known and those that are too many. Safe to send twice: the second time they are known.
-- KEYS as queue.lua   ARGV 1 most tasks, then for each: task key, envelope, its MAC, run, run UID, retries, deadline ms, delay ms,
-- header (JSON) of a task with a parent or "", inbox or "", envelope for a letter, when that is shorter, or ""
-- Returns "added", "known" or "full" (nothing is changed) for each.
--!include now.lua
--!include queue.lua
local MOST, EACH = tonumber(ARGV[1]), 11
local NOTHING = {}
local NOW = ms(now)
local depth = redis.call('XLEN', STREAM) + redis.call('ZCARD', DELAYED)

local function add(key, env, mac, run, uid, retries, deadline, delay, header, inbox, cut)
  local place = RECORDS .. key
  if recordOf(key, NOTHING) then return 'known' end
  if depth >= MOST then return 'full' end
  depth = depth + 1
  local state, id = 'delayed', ''
  if tonumber(delay) > 0 then
    redis.call('ZADD', DELAYED, ms(now + tonumber(delay)), key)
  else
    state, id = 'queued', redis.call('XADD', STREAM, '*', 'k', key)
  end
  redis.call('HSET', place, 'st', state, 'id', id, 'env', env, 'mac', mac, 'run', run, 'uid', uid, 'rt', retries, 'dl', deadline,
    'f', NOW)
  if inbox ~= '' then redis.call('HSET', place, 'inb', inbox) end
  redis.call('SADD', RUNS .. uid, 'task\n' .. STREAM .. '\n' .. key)
  if cut ~= '' then redis.call('HSET', place, 'cut', cut) end
  if header ~= '' then
    local event = redis.call('XADD', EVENTS, '*', 't', 'delegated', 'k', key, 'q', STREAM, 'run', run, 'uid', uid, 'task', header)
    redis.call('HSET', place, 'par', 1, 'deid', event)
  end
  return 'added'
end

local answer = {}
for at = 2, ARGS, EACH do answer[#answer + 1] = add(unpack(ARGV, at, at + EACH - 1)) end
return answer
