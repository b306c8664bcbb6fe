-- blobPut.lua: keep a text for as long as its run.
-- KEYS 1 blob, 2 keys of the run   ARGV 1 text
-- Returns "ok". Twice is once.
--!include now.lua
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SADD', KEYS[2], 'key\n' .. KEYS[1] .. '\n')
return 'ok'
