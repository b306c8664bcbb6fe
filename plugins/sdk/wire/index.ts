// What a provider that speaks HTTP needs: bounded reading, errors in words, answers put together. Offered to plugins as well.
export { Answer, estimateInputTokens, type ReportedUsage, type ToolCallPiece } from "./answer.ts";
export { readJson, vectorsOf } from "./embeddings.ts";
export { readServerEvents, type ServerEvent } from "./serverEvents.ts";
export { argumentsObject, argumentsText, parseArguments, wireToolName } from "./toolArguments.ts";
export { asList, asRecord, eventJson } from "./unknownJson.ts";
export { callVendor, type Vendor, type VendorCall, vendorOf } from "./vendor.ts";
export { type Refusal, shownURL, vendorError } from "./vendorError.ts";
