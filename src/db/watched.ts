import { BELIEVED_MS } from '../core/believed.ts'
import type { DatabaseSettings } from '../core/database-settings.ts'
import { Dependency, type SchemaStanding, type Standing, type Told } from '../core/dependency.ts'
import type { Changed } from './changed.ts'
import { listenForChanges } from './changes.ts'
import { DatabaseHealth } from './health.ts'
import { giveUpHeld } from './held.ts'
import { openProbeDb } from './open.ts'
import { SchemaHealth } from './schema-health.ts'
import type { Db } from './tables.ts'
import { askWhetherUsable } from './usable.ts'

/** What is known of the database, of its schema, and of the channel on which it tells of changes. */
export type Watched = { database: DatabaseHealth; schema: SchemaHealth; channel: Dependency }

/** Before there is a database to watch: all count as there. */
export function watched(told: Told): Watched {
  const database = new Dependency(
    'database',
    {
      away: 'the database cannot be asked: known keys are served as long as the configuration says, all else that needs it is refused',
      back: 'the database can be asked again',
    },
    told,
  )
  const channel = new Dependency(
    'changes',
    {
      away: 'the channel on which other nodes tell of changes is lost: meanwhile they are noticed within five seconds',
      back: 'changes of other nodes are heard of again',
    },
    told,
  )
  return { database: new DatabaseHealth(database), schema: new SchemaHealth(told), channel }
}

/** A database that is open, how it was, and whom its changes concern. */
type Opened = { db: Db; changed: Changed; settings: DatabaseSettings; pooled: boolean }

/**
 * Watches a database that is open, and hears of what others change in it. When it is there again after an outage, what hung on it is given up,
 * and all that is remembered is asked for anew: anything may have changed.
 */
export async function watchDatabase(
  url: string,
  { db, changed, database, schema, channel, settings, pooled }: Watched & Opened,
): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const probe = await openProbeDb(url, db, { database: settings, pooled })
  if (probe !== db) stack.defer(() => probe.destroy())
  const recovered = () => {
    giveUpHeld(db)
    changed.publish(null)
  }
  stack.use(database.watch({ ask: () => askWhetherUsable(probe), recovered }))
  stack.use(schema.watch(probe))
  stack.use(await listenForChanges({ url, settings, changed, dependency: channel }))
  return stack.move()
}

/**
 * How all stand: the database is asked, within two seconds. While it is away and the keys that were in use are served all the same, others take
 * its place; without the channel, asking again does.
 * @param servedMs how long known keys are served, from when what is known of them was true
 */
export async function standingOf(
  { database, schema, channel }: Watched,
  servedMs: number,
): Promise<{ database: Standing; schema: SchemaStanding; changes: Standing }> {
  const [isThere, schemaIs] = await Promise.all([database.ask(), schema.ask()])
  const serves = database.awayMs < servedMs - BELIEVED_MS
  return {
    database: isThere ? 'ok' : serves ? 'degraded' : 'unavailable',
    schema: schemaIs,
    changes: channel.isThere ? 'ok' : 'degraded',
  }
}
