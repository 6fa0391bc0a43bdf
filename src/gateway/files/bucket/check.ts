import { randomBytes } from 'node:crypto'
import type { Content, Objects } from './objects.ts'

const HEEDLESS =
  'its server does not heed If-None-Match where something is written: two nodes could write over each other’s files'

/**
 * Does in a bucket all that is done there later, once, with an object of its own: what is not allowed, or is not kept, is to be told at the start and not by the first file.
 * @throws Error
 */
export async function checkBucket(objects: Objects): Promise<void> {
  const key = `checks/${randomBytes(16).toString('hex')}`
  const bytes = Buffer.from('Written at the start of a server, and removed at once.\n')
  const content: Content = { bytes: bytes.length, read: async (into) => void bytes.copy(into) }
  for await (const _ of objects.list(key)) break
  try {
    await objects.putNew(key, content)
    const isTakenTwice = (await objects.putNew(key, content)) || (await objects.putNewInParts(key, content))
    if (isTakenTwice) throw new Error(HEEDLESS)
    const read = await objects.read(key, 0, bytes.length)
    if (!read?.bytes.equals(bytes)) throw new Error('what was written is not what is read')
  } catch (error) {
    await objects.remove([key]).catch(() => {})
    throw error
  }
  await objects.remove([key])
}
