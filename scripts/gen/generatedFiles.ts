// What is generated, as path → text: gen.ts writes it, the test compares it.
import { join } from "node:path";
import { crdsOf } from "./crd.ts";
import { redisScriptsOf } from "./redisScripts.ts";
import { referencesOf } from "./reference.ts";
import { runtimeSchemasOf } from "./runtimeSchemas.ts";
import { readSchemaSource } from "./schemaSource.ts";
import { serverManifestsOf } from "./serverManifests.ts";
import { typesOf } from "./types.ts";

/** Folders in which every file is generated; anything else found there is stale. */
export const OWNED_FOLDERS: readonly string[] = [
  "crds/generated",
  "plugins/queue-redis/generated",
  "manifests/crds",
  "manifests/rbac",
  "manifests/webhook",
];

/** Every generated file of the tree at `root`: path relative to it → text. Reads the schemas, writes nothing. */
export async function generatedFiles(root: string): Promise<Map<string, string>> {
  const source = readSchemaSource(join(root, "crds/schemas"));
  const files = new Map([
    ["crds/generated/types.ts", await typesOf(source)],
    ["crds/generated/schemas.ts", runtimeSchemasOf(source)],
    ["plugins/queue-redis/generated/scripts.ts", redisScriptsOf(root)],
  ]);
  for (const [name, text] of crdsOf(source)) files.set(`manifests/crds/${name}`, text);
  for (const [name, text] of referencesOf(source)) files.set(`docs/reference/${name}`, text);
  for (const [path, text] of serverManifestsOf()) files.set(path, text);
  return files;
}
