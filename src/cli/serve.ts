import { startApp } from '../app.ts'
import type { Config } from '../config/settings.ts'
import type { Output } from './output.ts'

/** Serves until it is told to stop (SIGINT or SIGTERM), then ends what is running and writes what is buffered. */
export async function serve(config: Config, output: Output): Promise<number> {
  // Before anything says that the server is ready: who reads that may stop it at once.
  const told = firstSignal()
  const app = await startApp(config)
  if (app.firstKey !== null) output.line(welcome(app.url, app.firstKey, config))
  await told
  await app[Symbol.asyncDispose]()
  return 0
}

/** Waits to be told to stop. A second signal ends the process at once: nobody listens to it any more. */
function firstSignal(): Promise<void> {
  const names: NodeJS.Signals[] = ['SIGINT', 'SIGTERM']
  return new Promise((resolve) => {
    const stop = () => {
      for (const name of names) process.removeListener(name, stop)
      resolve()
    }
    for (const name of names) process.on(name, stop)
  })
}

/** Shown once in the life of a database. A key that the operator chose is not printed back. */
function welcome(url: string, key: string, { adminKey, doors }: Config): string {
  const chosen = adminKey !== null
  const shown = chosen ? '$GATEHOUSE_ADMIN_KEY' : key
  const intro = chosen
    ? 'The first admin key is the one in GATEHOUSE_ADMIN_KEY.'
    : `The first admin key, shown this once:\n\n  ${key}`
  const line = `Try it:\n\n  curl ${url}/v1/organization/projects -H "Authorization: Bearer ${shown}"\n`
  return `\nGatehouse is ready on ${url}. ${intro}\n\n${doors.includes('admin') ? line : ''}`
}
