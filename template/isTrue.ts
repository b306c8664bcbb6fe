const FALSE: ReadonlySet<string> = new Set(["", "false", "0", "no"]);

/** Whether a rendered condition is true (B31): trimmed and in any case, empty, `false`, `0` and `no` are false, all else true. */
export const isTrue = (rendered: string): boolean => !FALSE.has(rendered.trim().toLowerCase());
