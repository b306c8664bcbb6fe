/** The keys of `T`, each either absent or with a value. */
export type Given<T> = { -readonly [K in keyof T]?: Exclude<T[K], undefined> };

/**
 * The fields that have a value: `{ ...given({ provider: spec.provider }) }` has no key `provider` when there is none. With
 * exactOptionalPropertyTypes a key whose value is undefined is another thing than an absent key, and so it is in JSON and in tests.
 */
export function given<T extends object>(fields: T): Given<T> {
  // A loop, because every object that is read passes here many times: as a chain of entries it was a tenth of a check.
  const present: Partial<T> = {};
  for (const key in fields) if (fields[key] !== undefined) present[key] = fields[key];
  return present as Given<T>;
}
