// What any admission server does at least: an HTTPS server that parses the review and answers it. `node bareServer.mjs <cert> <key>`
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const [cert, key] = process.argv.slice(2).map((file) => readFileSync(file));
const server = createServer({ cert, key }, (request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { apiVersion, request: review } = JSON.parse(Buffer.concat(chunks).toString());
    const answer = JSON.stringify({ apiVersion, kind: "AdmissionReview", response: { uid: review.uid, allowed: true } });
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(answer) });
    response.end(answer);
  });
});
server.listen(0, "127.0.0.1", () => process.stderr.write(`${JSON.stringify({ message: "serving", port: server.address().port })}\n`));
process.on("SIGTERM", () => process.exit(0));
