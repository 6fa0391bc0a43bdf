import { endpoints } from '../admin/index.ts'
import type { AdminApp } from '../api/app.ts'
import { createProviderDoor } from '../api/oidc/door.ts'
import { createAdminServer } from '../api/server.ts'
import { consoleFolder } from '../config/doors.ts'
import { version } from '../config/settings.ts'
import { createConsole } from '../console/door.ts'
import { clientAddress } from '../core/origin.ts'
import { opened } from '../listener/cors.ts'
import { createOperations } from '../listener/operations.ts'
import { readinessOf } from '../listener/readiness.ts'
import type { MachineDoors, Served } from '../thread/thread.ts'
import type { Machine } from './open.ts'
import type { ServedConfig } from './sharing.ts'
import { signInOf } from './sign-in.ts'
import type { Tools } from './tools.ts'

/**
 * The Administration API and the operations door.
 * @param served by the threads: what is said of them
 * @param started whether the start is over
 */
export async function openDoors(
  config: ServedConfig,
  tools: Tools,
  machine: Machine,
  served: Served,
  started: () => boolean,
): Promise<MachineDoors & AsyncDisposable> {
  const { trustedProxies, doors } = config
  const { now, newId, log, metrics } = tools
  const { db, reportDb, ledger, announce } = machine
  const { lastUsed, refusals } = ledger
  const { flows, ...signing } = signInOf(config, db, now)
  const app: AdminApp = {
    ...{
      db,
      reportDb,
      now,
      newId,
      log,
      lastUsed,
      refusals,
      models: served.models,
      levels: served.levels,
      webhooks: machine.webhookRules,
      changed: { publish: announce },
    },
    address: (remote, forwarded) => clientAddress(remote, forwarded, trustedProxies),
    ...signing,
    mtls: config.adminMtls ? { trustedProxies } : null,
  }
  const admin = await createAdminServer(app, endpoints)
  const publicUrl = () => config.publicUrl ?? served.url()
  const readiness = async () => {
    await served.look()
    const { workers, workersAsked: asked } = config
    const fewer = workers < asked && { threads: { asked, serving: workers } }
    return { ...readinessOf(await machine.standing(), await served.modelLists()), ...fewer }
  }
  const operations = createOperations({ newId, metrics, version, publicUrl, started, doors, readiness })
  const files = createConsole(consoleFolder, newId, operations)
  const { provider } = app.signIn
  const pages = provider ? createProviderDoor(app, { provider, flows }, files) : files
  return {
    admin: doors.includes('admin') ? opened(admin.handle, config.adminCorsOrigins, newId) : null,
    operations: doors.includes('console') ? pages : operations,
    [Symbol.asyncDispose]: () => admin.close(),
  }
}
