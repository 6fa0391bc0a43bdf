import type { Logger } from 'pino'
import type { Config } from '../config/settings.ts'
import type { Catalogue } from '../core/catalogue.ts'
import type { ReadLevels } from '../core/limit-level.ts'
import type { ListState } from '../core/model-list.ts'
import { tellUnknown } from '../gateway/models/left-out.ts'
import { tellNobodys } from '../gateway/models/nobodys.ts'
import {
  type GatewayOpening,
  type OpenGateway,
  openGateway,
  type Replaced as ReplacedGateway,
} from '../gateway/open.ts'
import { opened } from '../listener/cors.ts'
import type { Doors } from '../listener/listener.ts'
import { type ServeParts, type SharedPort, serve } from '../listener/serve.ts'

/** What is said of those that serve: one thread, or all of them. */
export type Served = {
  /** The listener's address. */
  url: () => string
  /** The models there are. */
  models: () => Promise<Catalogue>
  /** How much of limits is used now. */
  levels: ReadLevels
  /** How it stands with the lists of models, by the upstreams' names. */
  modelLists: () => Promise<Record<string, ListState>>
  /** Has those look that are not the machine's own thread whether what they need is there: then `Machine.standing` knows. */
  look: () => Promise<void>
  /** Requests that are being answered. */
  inFlight: () => Promise<number>
}

/**
 * A listener with a gate: its grants, counters, bodies, upstreams and catalogue. Disposing takes no new calls, lets the running
 * ones come to their end for a while, and settles them.
 */
export type Thread = Served &
  AsyncDisposable & {
    /**
     * @param machine answers what is not the gate's; disposed of when the last call has ended
     * @param shared where other threads listen on the port too
     * @throws Error where the port is taken, or the TLS files cannot be used
     */
    listen: (machine: MachineDoors & AsyncDisposable, shared?: SharedPort | null) => Promise<void>
  }

/** The doors that the machine answers at, whichever thread a request has come to. */
export type MachineDoors = Pick<Doors, 'admin' | 'operations'>

/** What tests put in place of the real thing. */
export type Replaced = ReplacedGateway & Pick<ServeParts, 'patience'>

export type ThreadParts = GatewayOpening & { log: Logger }

/** @param parts what the thread has of its machine: where what calls used goes, what it hears, what is counted in common */
export async function openThread(
  config: Config,
  parts: ThreadParts,
  replaced: Replaced = {},
): Promise<Thread & Pick<OpenGateway, 'known'>> {
  await using stack = new AsyncDisposableStack()
  const { gateway, catalogue, known, levels, background } = stack.use(await openGateway(config, parts, replaced))
  const serves = (door: Config['doors'][number]) => config.doors.includes(door)
  const own = {
    gateway: serves('gateway') ? opened(gateway.handle, config.corsOrigins, parts.newId) : null,
    check: serves('check') ? gateway.check : null,
  }
  let listening: { url: string; inFlight: () => number } | null = null
  const rest = stack.move()
  return {
    url: () => listening?.url ?? '',
    known,
    models: () => catalogue.models(),
    levels,
    modelLists: async () => catalogue.lists(),
    inFlight: async () => listening?.inFlight() ?? 0,
    async look() {},
    async listen(machine, shared = null) {
      rest.use(machine)
      if (own.gateway || own.check) {
        catalogue.start()
        background?.start()
        void tellUnknown(config.defaultModels, catalogue, parts.log)
        void tellNobodys(catalogue, parts.log)
      }
      const doors = { admin: machine.admin, operations: machine.operations, ...own }
      listening = rest.use(await serve(config, { ...parts, doors, shared, patience: replaced.patience }))
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}
