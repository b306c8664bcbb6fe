// `--watch`: what the models write, as they write it, each line under the name of who says it.
import type { Output } from "../../terminal/output.ts";
import { visible } from "../../terminal/visible.ts";
import type { Progress } from "./tree.ts";

/** Lines of progress with the text of the models between them. Text is shown by whole lines, so that two models do not mix. */
export function streamedText(output: Output, lines: Progress): Progress {
  const open = new Map<string, { who: string; rest: string }>();
  const flush = (span: string): void => {
    const stream = open.get(span);
    if (stream && stream.rest !== "") output.write(`  ${stream.who} | ${visible(stream.rest)}\n`);
    open.delete(span);
  };
  return {
    event(event) {
      if (event.type === "model.text" && typeof event["text"] === "string") {
        const span = event.span ?? event.step ?? "";
        const stream = open.get(span) ?? { who: event.role ?? event.step ?? "", rest: "" };
        const parts = (stream.rest + event["text"]).split("\n");
        stream.rest = parts.pop() ?? "";
        open.set(span, stream);
        for (const part of parts) output.write(`  ${stream.who} | ${visible(part)}\n`);
        return;
      }
      if (event.type === "model.finished") flush(event.span ?? event.step ?? "");
      lines.event(event);
    },
    pause: () => lines.pause(),
    resume: () => lines.resume(),
    end() {
      for (const span of [...open.keys()]) flush(span);
      lines.end();
    },
  };
}
