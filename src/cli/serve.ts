import { startApp } from '../app.ts'
import type { Config } from '../config/settings.ts'
import type { Output } from './output.ts'
import { welcome } from './welcome.ts'

/** Serves until it is told to stop (SIGINT or SIGTERM), then ends what is running and writes what is buffered. */
export async function serve(config: Config, output: Output): Promise<number> {
  // Before anything says that the server is ready: who reads that may stop it at once.
  const told = firstSignal()
  const app = await startApp(config)
  const words = welcome(app, config)
  if (words !== null) output.line(words)
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
