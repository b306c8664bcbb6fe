// What a Service does, for processes on this machine: a TCP address in front of several; a new connection goes to one that listens.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** An address in front of others. */
export interface LoadBalancer {
  readonly port: number;
  /** Ports that connections go to, in turn; one that refuses is passed over. */
  use(ports: readonly number[]): void;
  /** Connections that a port holds now. */
  held(port: number): number;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";

/** Listens on a free port of the loopback. */
export async function startLoadBalancer(): Promise<LoadBalancer> {
  let backends: readonly number[] = [];
  let turn = 0;
  const held = new Map<number, number>();
  const sockets = new Set<Socket>();
  const hold = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  };

  const join = (client: Socket, tried: number): void => {
    const port = backends[turn++ % Math.max(1, backends.length)];
    if (port === undefined || tried >= backends.length) return void client.destroy();
    const backend = connect(port, HOST);
    hold(backend);
    const onRefused = (): void => join(client, tried + 1);
    backend.once("error", onRefused);
    backend.once("connect", () => {
      backend.off("error", onRefused);
      held.set(port, (held.get(port) ?? 0) + 1);
      const end = (): void => {
        client.destroy();
        backend.destroy();
      };
      backend.once("close", () => {
        held.set(port, (held.get(port) ?? 0) - 1);
        end();
      });
      client.once("close", end);
      client.pipe(backend).pipe(client);
      client.resume();
    });
  };

  const server = createServer({ pauseOnConnect: true }, (client) => {
    hold(client);
    join(client, 0);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    use: (ports) => {
      backends = ports;
    },
    held: (port) => held.get(port) ?? 0,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
