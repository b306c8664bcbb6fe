#!lua flags=allow-oom
-- dropRun.lua: up to a number of things of a run go; its keys leave tombstones, and whoever holds a claim of it is fenced.
-- KEYS 1 run, 2 events, 3 handed out   ARGV 1 how many, 2 ms to remember a task
-- Returns how many are left.
--!include now.lua
local FINAL = { done = true, dead = true, cancelled = true, expired = true }
for _, member in ipairs(redis.call('SPOP', KEYS[1], ARGV[1])) do
  local kind, where, name = string.match(member, '^(%a+)\n([^\n]*)\n(.*)$')
  if kind == 'letter' then
    redis.call('XDEL', where, name)
  elseif kind == 'key' then
    redis.call('DEL', where)
  elseif kind == 'task' then
    local record = where .. ':task:' .. name
    local state = redis.call('HMGET', record, 'st', 'id', 'eid', 'deid', 'wid', 'te')
    if state[1] and not state[6] then
      if state[2] and state[2] ~= '' then redis.call('XDEL', where, state[2]) end
      redis.call('ZREM', where .. ':delayed', name)
      redis.call('ZREM', where .. ':leases', name)
      for i = 3, 5 do
        if state[i] and state[i] ~= '' then
          redis.pcall('XACK', KEYS[2], 'controller', state[i])
          redis.call('XDEL', KEYS[2], state[i])
          redis.call('ZREM', KEYS[3], state[i])
        end
      end
      redis.call('DEL', record)
      redis.call('HSET', record, 'st', FINAL[state[1]] and state[1] or 'cancelled', 'te', ms(now + tonumber(ARGV[2])))
      redis.call('PEXPIRE', record, ARGV[2])
    end
  end
end
return redis.call('SCARD', KEYS[1])
