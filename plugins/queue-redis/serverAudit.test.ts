import { expect } from "chai";
import { factsOf, findingsOf } from "./serverAudit.ts";

const GOOD = "# Server\r\nredis_version:7.0.15\r\nrole:master\r\nmaxmemory:1000000\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n";

const CASES: Readonly<Record<string, readonly [string, RegExp[]]>> = {
  "all is well": [GOOD, []],
  "nothing is known": ["", []],
  "an old Redis": [GOOD.replace("7.0.15", "6.2.1"), [/Redis 6\.2\.1 is too old/]],
  "a Valkey, which says that it is Redis 7": [GOOD.replace("7.0.15", "7.2.4\r\nvalkey_version:8.0.1"), []],
  "an old Valkey": [GOOD.replace("7.0.15", "7.2.4\r\nvalkey_version:7.2.5"), [/Valkey 7\.2\.5 is too old/]],
  "tasks may be evicted": [GOOD.replace("noeviction", "allkeys-lru"), [/set it to noeviction/]],
  "nothing is ever evicted without a limit": [GOOD.replace("noeviction", "allkeys-lru").replace("maxmemory:1000000", "maxmemory:0"), []],
  "no append-only file": [GOOD.replace("aof_enabled:1", "aof_enabled:0"), [/set appendonly yes/]],
  "a replica": [GOOD.replace("role:master", "role:slave"), [/lead to the primary/]],
};

describe("the settings of a server", () => {
  for (const [what, [info, wanted]] of Object.entries(CASES)) {
    it(what, () => {
      const findings = findingsOf(factsOf(info));
      expect(findings).to.have.length(wanted.length);
      for (const [i, pattern] of wanted.entries()) expect(findings[i]).to.match(pattern);
    });
  }
});
