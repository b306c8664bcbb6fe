#!lua flags=allow-oom
-- agentReport.lua: what a pod says of itself.
-- KEYS 1 reports of an agent   ARGV 1 pod, 2 report (JSON), 3 ms that it counts
-- Returns "ok".
--!include now.lua
redis.call('HSET', KEYS[1], ARGV[1], ms(now) .. ' ' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ms(tonumber(ARGV[3]) * 2))
return 'ok'
