/**
 * Go's text/template for TypeScript (SPEC §5), published as `kubectl-ark/template`. Compile a text once, render it with plain data
 * often. It reads nothing but its arguments, runs no code of theirs, and ends within fixed limits.
 */
export { templateCache } from "./cache.ts";
export { isTrue } from "./isTrue.ts";
export { MAX_TEMPLATE_DEPTH, MAX_TEMPLATE_OUTPUT, MAX_TEMPLATE_WORK } from "./limits.ts";
export type { Reference } from "./references.ts";
export { type CompiledTemplate, type CompileOptions, compile, type RenderOptions } from "./template.ts";
export { TemplateError, type TemplateErrorCode } from "./templateError.ts";
