// A scripted endpoint for models, and the shapes in which vendors answer.
export { type ModelRequest, type ModelServer, type Script, startModelServer } from "./modelServer.ts";
export {
  anthropicShape,
  geminiShape,
  openaiShape,
  type Reply,
  SHAPES,
  type Shape,
  sendEvents,
  sendJson,
  type ToolCallReply,
} from "./replies.ts";
