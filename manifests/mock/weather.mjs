// The HTTP endpoint that tools-http.yaml asks: GET /weather/<city> answers with JSON. Usage: node weather.mjs <port>
import { createServer } from "node:http";

createServer((request, response) => {
  const city = decodeURIComponent((request.url ?? "/").split("/").at(-1) ?? "");
  response.setHeader("content-type", "application/json").end(JSON.stringify({ city, sky: "rain", celsius: 11 }));
}).listen(Number(process.argv[2] ?? 8765), "127.0.0.1");
