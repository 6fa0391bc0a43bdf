import { ADMIN_KEY, applyLoad, startGatehouse } from './processes.ts'
import { round } from './statistics.ts'

const CONNECTIONS = 8
const MS = 1500

/** The Administration API on SQLite: creates, each on disk with its audit row before it is answered, and lists. */
export async function benchAdmin(databaseUrl: string): Promise<string[]> {
  await using gatehouse = await startGatehouse({ GATEHOUSE_DATABASE_URL: databaseUrl })
  const projects = `${gatehouse.url}/v1/organization/projects`
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ name: 'bench' })
  const create = { url: projects, method: 'POST', headers, body, connections: CONNECTIONS }
  const list = { url: `${projects}?limit=20`, method: 'GET', headers, connections: CONNECTIONS }
  await applyLoad({ ...create, ms: 300 })
  const created = await applyLoad({ ...create, ms: MS })
  await applyLoad({ ...list, ms: 300 })
  const listed = await applyLoad({ ...list, ms: MS })
  const report = (what: string, { perSecond, p50, p99 }: typeof created) =>
    `admin API on SQLite, ${what}, ${CONNECTIONS} connections: ${round(perSecond)} requests/s; p50 ${round(p50, 1)} ms, p99 ${round(p99, 1)} ms`
  return [report('create a project', created), report('list 20 projects', listed)]
}
