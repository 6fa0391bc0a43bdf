import { type Config, version } from './config/settings.ts'
import { openDoors } from './machine/doors.ts'
import { createFirstKey } from './machine/first-key.ts'
import { createFirstLink } from './machine/first-link.ts'
import { tellOfNoGroups } from './machine/named-groups.ts'
import { tellOfNoProjects } from './machine/named-projects.ts'
import { type Machine, openMachine } from './machine/open.ts'
import { openOwnThread } from './machine/own-thread.ts'
import type { ReplacedWorkers } from './machine/running-thread.ts'
import { type ReplacedSharing, servedConfig } from './machine/sharing.ts'
import { openTools, type ReplacedTools, type Tools } from './machine/tools.ts'
import type { Replaced, Thread } from './thread/thread.ts'

/** What tests put in place of the real thing. */
export type Overrides = Replaced & ReplacedTools & ReplacedWorkers & ReplacedSharing

export type App = AsyncDisposable & {
  /** The listener's address. */
  url: string
  /** The first admin key, where this start created the organization it belongs to. */
  firstKey: string | null
  /** The link by which the first owner sets a password, where the console is served and no owner has one. */
  firstLink: string | null
}

/**
 * Starts Gatehouse: opens and migrates the database, sees to it that there is an organization, and listens. Disposing stops
 * it in the reverse order: no new calls, the running ones to their end, what is buffered to the database.
 */
export async function startApp(given: Config, overrides: Overrides = {}): Promise<App> {
  await using stack = new AsyncDisposableStack()
  const tools = stack.use(openTools(given, overrides))
  const { log } = tools
  const config = await servedConfig(given, log, overrides)
  if (config.serviceVariables) {
    log.info({ ignored: config.serviceVariables }, 'variables that Kubernetes sets for its services are no settings')
  }
  const machine = stack.use(await openMachine(config, tools))
  let isReady = false
  const thread = stack.use(await openServing(config, tools, machine, overrides))
  await thread.listen(await openDoors(config, tools, machine, thread, () => isReady))
  // Only now: a start that fails because the port is taken must not have made the key that is shown once.
  const firstKey = await createFirstKey(config, tools, machine)
  isReady = true
  const url = thread.url()
  log.info({ url, doors: config.doors, version, startup_ms: Math.round(performance.now()) }, 'Gatehouse is ready')
  await tellOfNoGroups(config, tools, machine)
  await tellOfNoProjects(config, tools, machine)
  const firstLink = await createFirstLink(config, tools, machine, url)
  const rest = stack.move()
  return {
    url,
    firstKey,
    firstLink,
    async [Symbol.asyncDispose]() {
      log.info({ in_flight: await thread.inFlight() }, 'stopping: what is running is finished first')
      await rest.disposeAsync()
    },
  }
}

/** The main thread, or as many others as there are to be. */
async function openServing(config: Config, tools: Tools, machine: Machine, overrides: Overrides): Promise<Thread> {
  const { counters } = machine
  if (counters !== null) return openOwnThread(config, tools, { ...machine, counters }, overrides)
  // Loaded where there are several: one alone needs none of it.
  const { openThreads } = await import('./machine/threads.ts')
  return openThreads(config, tools, machine, overrides)
}
