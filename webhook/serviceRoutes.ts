// What the server says of itself: health, metrics. Express, loaded when first asked for; admission does not pass here.
import type { RequestListener } from "node:http";
import express from "express";

/** One thing that has to be so before requests should come here. */
export interface Readiness {
  readonly name: string;
  readonly ready: boolean;
  /** The way out, when it is not. */
  readonly message?: string | undefined;
}

/** What the routes tell. */
export interface ServiceParts {
  readiness(): readonly Readiness[];
  /** In Prometheus' text format. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** `/healthz` (200 as long as the process lives), `/readyz` (503 with reasons until it can serve), `/metrics`; 404 for everything else. */
export function serviceRoutes(parts: ServiceParts): RequestListener {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.get("/healthz", (_request, response) => {
    response.type("text/plain").send("ok\n");
  });
  app.get("/readyz", (_request, response) => {
    const checks = parts.readiness();
    const isReady = checks.every((check) => check.ready);
    response.status(isReady ? 200 : 503).json({ ready: isReady, checks });
  });
  app.get("/metrics", async (_request, response) => {
    const { contentType, text } = await parts.metrics();
    response.set("content-type", contentType).send(text);
  });
  app.use((request, response) => {
    response.status(404).type("text/plain").send(`nothing is at ${request.path}\n`);
  });
  const failed: express.ErrorRequestHandler = (_error, _request, response, _next) => {
    if (!response.headersSent) response.status(500).type("text/plain").send("the request could not be answered\n");
  };
  app.use(failed);
  return app;
}
