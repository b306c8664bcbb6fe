import { EXIT } from "../cli.ts"; export async function pluginsVerb(_: unknown, __: unknown): Promise<number> { return EXIT.failed; }
