import { noteBatch } from '../../db/batch.ts'
import type { Gate } from '../gate.ts'
import type { Charging } from './charging.ts'

/** Batches that nothing is counted of. */
export const uncharged = ({ db }: Pick<Gate, 'db'>): Charging => ({
  need: () => ({ add() {}, hold: async () => null }),
  async settle(batch, _lines, settled) {
    await noteBatch(db.write, batch, settled)
    return true
  },
  async end() {},
})
