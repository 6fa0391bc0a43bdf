import OpenAI from 'openai'
import { openDb } from '../../../src/db/open.ts'
import { serve } from '../../process/gatehouse.ts'
import { type DatabaseKind, openTestDatabase } from '../../support/databases.ts'
import { ADMIN_KEY } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { startAccount } from '../account/account.ts'
import { projectAt } from './forms.ts'
import { envOf } from './shared.ts'

/** A server as a process of its own before an account, with a project and its key: it can be killed, and another begin where it was. */
export async function startKillable(
  database: DatabaseKind,
  models: Readonly<Record<string, object>>,
  options: Parameters<typeof startAccount>[0] = {},
) {
  await using stack = new AsyncDisposableStack()
  const own = stack.use(await openTestDatabase(database))
  const account = stack.use(await startAccount(options))
  const file = stack.use(await modelsFile(models))
  const env = { ...envOf(account), GATEHOUSE_CONFIG: file.path, GATEHOUSE_DATABASE_URL: own.url }
  const started = { env: { ...env, GATEHOUSE_ADMIN_KEY: ADMIN_KEY } }
  let server = await serve(started)
  stack.defer(() => server[Symbol.asyncDispose]())
  const db = await openDb(own.url, { connections: 1 })
  stack.defer(() => db.destroy())
  const { key: apiKey, id: projectId } = await projectAt(server.url, ADMIN_KEY)
  const other = await projectAt(server.url, ADMIN_KEY)
  const clientOf = (key: string) => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: key, maxRetries: 0 })
  const admin = new OpenAI({ baseURL: `${server.url}/v1`, adminAPIKey: ADMIN_KEY, apiKey: '' }).admin.organization
  const rest = stack.move()
  return {
    account,
    /** Its database, for tests to look into. */
    db,
    projectId,
    /** Of the first server. */
    admin,
    /** The project's, at the server that runs now, and another's. */
    client: () => clientOf(apiKey),
    stranger: () => clientOf(other.key),
    async kill(): Promise<void> {
      server.signal('SIGKILL')
      await server.ended
    },
    async startAgain(): Promise<void> {
      server = await serve(started)
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}
