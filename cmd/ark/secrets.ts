// What must never be shown (P9): keys of the environment and the values of the Secrets in the given files.
import { createRedactor, type Redactor } from "../../plugins/sdk/index.ts";

const SECRET_VARIABLE = /(_KEY|_TOKEN|_SECRET|_PASSWORD|PASSWD|_CREDENTIALS)$/i;

/** A redactor that knows the secrets of the environment. */
export function redactorFor(env: Readonly<Record<string, string | undefined>>): Redactor {
  const redactor = createRedactor();
  for (const [name, value] of Object.entries(env)) if (value !== undefined && SECRET_VARIABLE.test(name)) redactor.register(value);
  return redactor;
}
