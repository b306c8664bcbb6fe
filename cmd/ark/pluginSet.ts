// Plugins of the configuration (B122): `--plugins`, else ARK_PLUGINS, else none.
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { compileJsonSchema, loadYaml } from "../../crds/index.ts";
import { BUILTIN_PLUGINS } from "../../plugins/index.ts";
import { type LoadedPlugins, type Log, loadPlugins, type Redactor, systemClock } from "../../plugins/sdk/index.ts";
import { type CliContext, UsageError } from "./cli.ts";
import { reasonOf } from "./files.ts";

/** How a bundled program imports a module (scripts/launcher.cjs); not there when the sources run as they are. */
declare const __importModule: ((url: string) => Promise<unknown>) | undefined;

const NONE: LoadedPlugins = { plugins: [], list: [], failures: [], close: async () => undefined };

/** What the configuration lists, loaded; broken ones are named in it. @throws UsageError when the configuration itself cannot be read */
export async function pluginSet(flag: string | undefined, context: CliContext, redactor: Redactor, log: Log): Promise<LoadedPlugins> {
  const path = flag ?? context.env["ARK_PLUGINS"];
  if (path === undefined || path === "") return NONE;
  const file = resolve(context.cwd, path);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new UsageError(`--plugins: ${path} ${reasonOf(error)}`, { cause: error });
  });
  const { documents, faults } = loadYaml(bytes, path);
  const [fault] = faults;
  if (fault) throw new UsageError(`${fault.file}:${fault.line}:${fault.column}: ${fault.message}`);
  return loadPlugins(documents[0]?.object ?? {}, {
    folder: dirname(file),
    checkOptions: (schema, options) => compileJsonSchema(schema).check(options),
    secret: (name) => context.env[name],
    redactor,
    fetch: globalThis.fetch,
    clock: systemClock,
    log,
    taken: BUILTIN_PLUGINS.map(({ kind, name }) => `${kind}/${name}`),
    ...(typeof __importModule === "function" && { importModule: __importModule }),
    contractURL: new URL("./plugin.mjs", import.meta.url).href,
  });
}
