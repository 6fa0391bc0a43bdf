import type { Readable } from 'node:stream'
import { boundaryOf, FORM } from '../body/form-body.ts'
import { FormParser } from '../body/form-parser.ts'
import { fieldText } from '../body/form-reader.ts'
import { missing } from '../invalid.ts'
import type { Draft, Store } from './store.ts'

/** A form with one file, whose content is in a draft. */
export type ReceivedForm = { fields: ReadonlyMap<string, string>; filename: string; draft: Draft }

/**
 * Reads a form as the gate sends it on, and writes its file down while it comes: as fast as the store takes it, and held nowhere.
 * @param file the field that is the file
 * @throws ApiError 400, 507, 503; what the stream breaks off with. Nothing is kept then
 */
export async function receiveForm(
  store: Store,
  contentType: string,
  body: Readable,
  file: string,
): Promise<ReceivedForm> {
  const draft = await store.draft()
  try {
    const fields = new Map<string, string>()
    let filename: string | null = null
    let come: Buffer[] = []
    const parser = new FormParser(boundaryOf(contentType, [FORM]), file, (head) => {
      if (head.filename !== null) {
        filename = head.filename
        return { data: (chunk) => void come.push(chunk), end() {} }
      }
      const pieces: Buffer[] = []
      return {
        data: (chunk) => void pieces.push(chunk),
        end: () => void fields.set(head.name, fieldText(head.name, Buffer.concat(pieces))),
      }
    })
    const write = async () => {
      const chunks = come
      come = []
      for (const chunk of chunks) await draft.write(chunk)
    }
    for await (const chunk of body) {
      await parser.take(chunk)
      await write()
    }
    await parser.finish()
    await write()
    if (filename === null) throw missing(file)
    return { fields, filename, draft }
  } catch (error) {
    await draft.discard()
    throw error
  }
}
