/** Any JSON value, as it comes out of YAML, a request body or a model. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A JSON object. Read it with `Object.hasOwn` or from a null-prototype copy: its keys are the user's. */
export type JsonObject = { readonly [key: string]: JsonValue };
