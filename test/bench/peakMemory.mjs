// Loaded before a program that is measured: as its last act the process writes its peak resident memory, in KiB, to descriptor 3.
import { writeSync } from "node:fs";

process.on("exit", () => writeSync(3, String(process.resourceUsage().maxRSS)));
