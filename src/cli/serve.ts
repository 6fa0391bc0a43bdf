import { startApp } from '../app.ts'
import type { Config } from '../config.ts'
import type { Output } from './output.ts'

/** Serves until it is told to stop (SIGINT or SIGTERM), then ends what is running and writes what is buffered. */
export async function serve(config: Config, output: Output): Promise<number> {
  const app = await startApp(config)
  if (app.firstKey !== null) output.line(welcome(app.url, app.firstKey, config.adminKey !== null))
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, resolve)
  })
  // A second signal ends the process at once: the default behaviour is back.
  output.note(`${signal}: finishing what is running`)
  await app[Symbol.asyncDispose]()
  return 0
}

/** Shown once in the life of a database. A key that the operator chose is not printed back. */
function welcome(url: string, key: string, chosen: boolean): string {
  const shown = chosen ? '$GATEHOUSE_ADMIN_KEY' : key
  const intro = chosen
    ? 'The first admin key is the one in GATEHOUSE_ADMIN_KEY.'
    : `The first admin key, shown this once:\n\n  ${key}`
  return `
Gatehouse is ready on ${url}. ${intro}

Try it:

  curl ${url}/v1/organization/projects -H "Authorization: Bearer ${shown}"
`
}
