#!lua flags=allow-oom
-- reopen.lua: a result that its agent did not sign is none. The task is forgotten, so that whoever answers for it enqueues it again.
-- KEYS as queue.lua, 11 handed out   ARGV 1 event id or "", 2 task key
-- Returns "ok". Safe to send twice.
--!include now.lua
--!include queue.lua
local record = recordOf(ARGV[2], { 'eid' })
local id = ARGV[1] ~= '' and ARGV[1] or (record and record.eid)
if id then
  redis.pcall('XACK', EVENTS, 'controller', id)
  redis.call('XDEL', EVENTS, id)
  redis.call('ZREM', KEYS[11], id)
end
if record and record.st == 'done' and not record.te and record.eid == id then redis.call('DEL', RECORDS .. ARGV[2]) end
return 'ok'
