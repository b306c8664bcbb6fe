#!lua flags=allow-oom
-- ledgerSettle.lua: what a call has really used takes the place of what was reserved, and whoever waits is told.
-- KEYS 1 call, 2 signal   ARGV 1 tokens
-- Returns "ok". Twice is once.
--!include now.lua
--!include ledger.lua
local known = redis.call('GET', KEYS[1])
if not known then return 'ok' end
redis.call('DEL', KEYS[1])
local n, member = 0, nil
for line in string.gmatch(known, '[^\n]+') do
  n = n + 1
  if n == 2 then member = line end
  if n > 2 then
    local account, window = string.match(line, '^(.*) (%d+)$')
    redis.call('ZREM', account .. ':open', member)
    charge(account, tonumber(window), tonumber(ARGV[1]))
  end
end
local id = redis.call('XADD', KEYS[2], '*', 's', 1)
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '(' .. id, 'COUNT', 10)) do redis.call('XDEL', KEYS[2], entry[1]) end
redis.call('PEXPIRE', KEYS[2], 3600000)
return 'ok'
