-- ledgerCharged.lua: what is charged to an account, open calls left out.
-- KEYS 1 account   ARGV 1 window (ms)
-- Returns tokens.
--!include now.lua
--!include ledger.lua
return ms(chargedOf(KEYS[1], tonumber(ARGV[1])))
