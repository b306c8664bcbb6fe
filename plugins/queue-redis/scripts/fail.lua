#!lua flags=allow-oom
-- fail.lua: the task said no. Counted as an error; over its retries, or for good, it is a dead letter, else it comes back.
-- KEYS as queue.lua   ARGV 1 task key, 2 token, 3 failure (JSON), 4 its MAC, 5 delay ms, 6 "1" when asking again cannot help, 7 spent (JSON),
-- 8 the letter's message, 9 most letters, 10 cancelled failure but for its message (JSON up to it), 11 call id
-- Returns "retry", "dead", "cancelled" or "fenced" (nothing is changed).
--!include now.lua
--!include queue.lua
local key = ARGV[1]
local record = recordOf(key)
if record and record.by == ARGV[2] .. ARGV[11] then return record.said end
if not record or record.tok ~= ARGV[2] or record.st ~= 'running' then return 'fenced' end
local by = ARGV[2] .. ARGV[11]
if record.cc then
  settle(key, record, 'cancelled', ARGV[10] .. cjson.encode(record.cc) .. '}', '', by, 'cancelled')
  return 'cancelled'
end
record.er = redis.call('HINCRBY', RECORDS .. key, 'er', 1)
if ARGV[6] == '1' or record.er > tonumber(record.rt) then
  addLetter(key, record, ARGV[6] == '1' and 'Permanent' or 'RetriesExhausted', ARGV[8], tonumber(ARGV[9]))
  settle(key, record, 'dead', ARGV[3], ARGV[4], by, 'dead')
  return 'dead'
end
lift(key, record)
quiet(record)
redis.call('HSET', RECORDS .. key, 'sp', (record.sp or '') .. ARGV[7] .. '\n', 'by', by, 'said', 'retry')
park(key, tonumber(ARGV[5]))
return 'retry'
