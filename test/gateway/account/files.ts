import { Collection, newId, now, routesOf } from './collection.ts'
import { Content } from './content.ts'
import { invalid, missing } from './errors.ts'
import { type Form, fileOf, textOf } from './form.ts'
import { type Routes, sendContent } from './server.ts'

export type FileObject = {
  id: string
  object: 'file'
  bytes: number
  created_at: number
  expires_at: number | null
  filename: string
  purpose: string
  status: 'processed'
  status_details: null
}
export type Files = Collection<FileObject, Content>

const PURPOSES = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals']
/** What files of this purpose live where nothing else is asked for, in seconds. */
const BATCH_SECONDS = 30 * 86_400

export const newFiles = (): Files => new Collection(missing.file)

type New = { filename: string; purpose: string; content: Content; expiresAfter?: number | undefined }

/** Makes a file, without asking what a caller may make. @param expiresAfter in seconds */
export function addFile(files: Files, { filename, purpose, content, expiresAfter }: New): FileObject {
  const created_at = now()
  const seconds = expiresAfter ?? (purpose === 'batch' ? BATCH_SECONDS : null)
  return files.add(
    {
      id: newId('file-', 12),
      object: 'file',
      bytes: content.bytes,
      created_at,
      expires_at: seconds === null ? null : created_at + seconds,
      filename,
      purpose,
      status: 'processed',
      status_details: null,
    },
    content,
  )
}

/** Files of nobody, all with the same content; 100,000 take a part of a second. */
export function fillFiles(files: Files, count: number): FileObject[] {
  const content = Content.of('of nobody\n')
  return Array.from({ length: count }, (_, n) =>
    addFile(files, { filename: `nobody-${n}.txt`, purpose: 'user_data', content }),
  )
}

/** @throws Refusal of a purpose that callers do not have, or of a file that does not suit it */
export function checkPurpose(purpose: string, filename: string): void {
  if (!PURPOSES.includes(purpose))
    throw invalid(`'${purpose}' is not one of ${JSON.stringify(PURPOSES)} - 'purpose'`, 'purpose')
  if (purpose === 'batch' && !filename.endsWith('.jsonl'))
    throw invalid('Invalid file format for Batch API. Must be .jsonl')
}

/** What of `expires_after` is asked for, in seconds. @throws Refusal where it cannot be had */
export function expiryOf(asked: { anchor?: unknown; seconds?: unknown } | null | undefined): number | undefined {
  if (!asked) return undefined
  const seconds = Number(asked.seconds)
  if (asked.anchor !== 'created_at') throw invalid('Invalid value.', 'expires_after[anchor]', 'invalid_value')
  if (!(seconds >= 3600 && seconds <= 2_592_000))
    throw invalid('Expected a value from 3600 to 2592000.', 'expires_after[seconds]', 'invalid_value')
  return seconds
}

function expiryOfForm(form: Form): number | undefined {
  const [anchor, seconds] = [form.get('expires_after[anchor]'), form.get('expires_after[seconds]')]
  return anchor === undefined && seconds === undefined ? undefined : expiryOf({ anchor, seconds })
}

/** @param deleted hears of each file that is deleted */
export function fileRoutes(files: Files, deleted: (id: string) => void): Routes {
  return {
    ...routesOf<FileObject>('/v1/files', {
      of: () => files,
      list: {
        most: 10_000,
        usual: 10_000,
        asks: (query, { purpose }) => !query.has('purpose') || query.get('purpose') === purpose,
      },
      deleted: ({ id }) => {
        deleted(id)
        return { id, object: 'file', deleted: true }
      },
    }),
    'POST /v1/files': async (asked) => {
      const form = await asked.form()
      const [purpose, { filename, content }] = [textOf(form, 'purpose'), fileOf(form, 'file')]
      checkPurpose(purpose, filename)
      return addFile(files, { filename, purpose, content, expiresAfter: expiryOfForm(form) })
    },
    'GET /v1/files/{id}/content': (asked) => {
      const [id = ''] = asked.ids
      return sendContent(asked, files.beside(id), files.get(id).filename)
    },
  }
}
