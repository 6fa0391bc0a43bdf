import { setTimeout as sleep } from 'node:timers/promises'
import { openDb, openGateDb } from '../../src/db/open.ts'
import { Beat } from '../../src/ledger/beat.ts'
import { openSpill } from '../../src/ledger/spill/open.ts'
import { Usage } from '../../src/ledger/usage.ts'
import { entry } from './usage-writer.ts'

/*
 * A process that records more usage than its file takes, until it is killed: `node usage-victim.ts <database> <number of the first key>`.
 */
const [url = '', first = '0'] = process.argv.slice(2)
const main = await openDb(url)
const log = { info() {}, warn() {}, error: (_: object, text: string) => void process.stderr.write(`${text}\n`) }
const beat = new Beat(log)
const dropped = () => {}
const spill = openSpill(url, { log, dropped })
const usage = new Usage({ db: openGateDb(url, main), beat, log, spill, dropped, now: Date.now })
beat.add(usage)
process.stdout.write('begun\n')
for (let i = Number(first); ; i += 500) {
  usage.record(Array.from({ length: 500 }, (_, j) => entry({ api_key_id: `key_${i + j}` })))
  await sleep(10)
}
