import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * A port that nobody listens on now, below those that systems give to outgoing connections: nobody takes it by chance before
 * it is used.
 * @param away how far above it is another that is as free, where whoever is given the one takes both
 */
export async function freePort(away = 0): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000 - away)
    if ((await isFree(port)) && (away === 0 || (await isFree(port + away)))) return port
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
