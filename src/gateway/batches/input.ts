import type { BatchRow } from '../../db/batch.ts'
import { isTheirs } from '../../ledger/asker.ts'
import { contentOf } from './asking.ts'
import type { Life } from './ending.ts'
import { isBlank, Lines } from './lines.ts'

/** Bytes of a line of an input file: ours, the original names none. */
export const MOST_LINE_BYTES = 16 * 1024 * 1024

/** The content of a batch's input file; null where it was deleted since, or has expired. @throws ApiError where it cannot be had */
export async function inputOf(
  { gate, signal }: Life,
  { organization_id: organizationId, project_id: projectId, input_file_id: id }: BatchRow,
): Promise<AsyncIterable<Buffer> | null> {
  const project = { organizationId, projectId }
  const [owner] = await gate.owners.find([{ kind: 'file', id }], project)
  if (!owner || !isTheirs(owner, project) || owner.label !== 'batch') return null
  return contentOf(gate, owner.upstream, id, signal)
}

/**
 * Which lines of a batch's input some of its judged copy are, where blank ones are left out. The input is read up to the last of them.
 * @param wanted lines of the copy, from 1 @returns those of them that are known: none where the input is gone
 * @throws ApiError where it cannot be had
 */
export async function inputLines(
  life: Life,
  batch: BatchRow,
  wanted: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const known = new Map<number, number>()
  const last = Math.max(0, ...wanted)
  const content = last === 0 ? null : await inputOf(life, batch)
  if (content === null) return known
  const lines = new Lines(MOST_LINE_BYTES)
  let copied = 0
  const note = (some: ReturnType<Lines['take']>) => {
    for (const { number, bytes } of some) {
      if (bytes !== null && isBlank(bytes)) continue
      if (wanted.includes(++copied)) known.set(copied, number)
    }
  }
  for await (const chunk of content) {
    note(lines.take(chunk))
    if (copied >= last) return known
  }
  note(lines.rest())
  return known
}
