#!lua flags=allow-oom
-- refuse.lua: a claimed task whose envelope is not to be believed is a dead letter, unexecuted.
-- KEYS as queue.lua   ARGV 1 task key, 2 token, 3 what is wrong, 4 most letters
-- Returns "dead" or "fenced".
--!include now.lua
--!include queue.lua
local key = ARGV[1]
local record = recordOf(key)
if not record or record.tok ~= ARGV[2] or record.st ~= 'running' then return 'fenced' end
record.isUnread = true -- nobody knows what is in it
addLetter(key, record, 'BadEnvelope', ARGV[3], tonumber(ARGV[4]))
settle(key, record, 'dead', failure('BadEnvelope', ARGV[3]), '')
return 'dead'
