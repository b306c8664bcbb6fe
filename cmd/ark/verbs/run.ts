import { EXIT } from "../cli.ts"; export async function runVerb(_: unknown, __: unknown): Promise<number> { return EXIT.failed; }
