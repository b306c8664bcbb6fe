// `ark plugins` (B123): what is loaded, from where, with hash, claims and state.
import Table from "cli-table3";
import { BUILTIN_PLUGINS } from "../../../plugins/index.ts";
import type { PluginListing } from "../../../plugins/sdk/index.ts";
import { oneLine } from "../../terminal/visible.ts";
import { type CliContext, EXIT } from "../cli.ts";
import { logOf } from "../logOf.ts";
import { pluginSet } from "../pluginSet.ts";
import { redactorFor } from "../secrets.ts";

/** Lists third parties first, as they are asked first. Exit 1 when one of them does not load. */
export async function pluginsVerb({ flags }: { flags: Readonly<Record<string, unknown>> }, context: CliContext): Promise<number> {
  const redactor = redactorFor(context.env);
  const loaded = await pluginSet(
    flags["plugins"] as string | undefined,
    context,
    redactor,
    logOf(context.err, redactor, context.env["ARK_LOG"]),
  );
  await loaded.close();
  const builtin = BUILTIN_PLUGINS.map(
    ({ kind, name, models }): PluginListing => ({ name, kind, from: "built-in", models: models ?? [], state: "Loaded", message: "" }),
  );
  const all = [...loaded.list, ...builtin];
  if (flags["output"] === "json") context.out.write(`${JSON.stringify({ plugins: all }, null, 2)}\n`);
  else context.out.write(tableOf(all));
  return loaded.failures.length === 0 ? EXIT.succeeded : EXIT.failed;
}

function tableOf(all: readonly PluginListing[]): string {
  const blank = {
    top: "",
    "top-mid": "",
    "top-left": "",
    "top-right": "",
    bottom: "",
    "bottom-mid": "",
    "bottom-left": "",
    "bottom-right": "",
    left: "",
    "left-mid": "",
    mid: "",
    "mid-mid": "",
    right: "",
    "right-mid": "",
    middle: "   ",
  };
  const table = new Table({
    head: ["NAME", "KIND", "FROM", "MODELS", "SHA256", "STATE", "MESSAGE"],
    chars: blank,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  for (const { name, kind, from, models, sha256, state, message } of all) {
    table.push([name, kind, from, models.join(","), sha256?.slice(0, 12) ?? "", state, message].map((cell) => oneLine(cell, 100)));
  }
  return `${table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")}\n`;
}
