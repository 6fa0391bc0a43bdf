import { Collection, newId, now } from './collection.ts'
import { Content } from './content.ts'
import { invalid, missing } from './errors.ts'
import { addFile, checkPurpose, expiryOf, type FileObject, type Files } from './files.ts'
import { fileOf } from './form.ts'
import type { Body, Routes } from './server.ts'

type Upload = {
  id: string
  object: 'upload'
  bytes: number
  created_at: number
  expires_at: number
  filename: string
  purpose: string
  status: 'pending' | 'completed' | 'cancelled' | 'expired'
  file: FileObject | null
}
type Part = { id: string; object: 'upload.part'; created_at: number; upload_id: string }
type Beside = { parts: Collection<Part, Content>; expiresAfter: number | undefined }
export type Uploads = Collection<Upload, Beside>

const PART_BYTES = 64 * 1_048_576
const UPLOAD_BYTES = 8 * 1_073_741_824

export const newUploads = (): Uploads => new Collection(missing.upload)

export function addUpload(uploads: Uploads, body: Body): Upload {
  const { bytes, filename, purpose, mime_type } = body
  for (const [name, value] of Object.entries({ bytes, filename, purpose, mime_type }))
    if (value === undefined) throw invalid(`Missing required parameter: '${name}'.`, name, 'missing_required_parameter')
  checkPurpose(purpose, filename)
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > UPLOAD_BYTES) throw invalid('Invalid value.', 'bytes')
  const created_at = now()
  const beside = { parts: new Collection<Part, Content>(missing.part), expiresAfter: expiryOf(body.expires_after) }
  const [id, expires_at] = [newId('upload_'), created_at + 3600]
  const times = { created_at, expires_at }
  return uploads.add(
    { id, object: 'upload', bytes, ...times, filename, purpose, status: 'pending', file: null },
    beside,
  )
}

/** @throws Refusal of one that is there no more, or has ended */
function pending(uploads: Uploads, id: string): Upload {
  const upload = uploads.get(id)
  if (upload.status !== 'pending') throw invalid(`Upload ${id} is ${upload.status} and cannot be changed.`)
  return upload
}

/** @param tellsAgain whether who completes one again is told of its file; else, that it has ended */
export function uploadRoutes(uploads: Uploads, files: Files, { tellsAgain = false } = {}): Routes {
  return {
    'POST /v1/uploads': async ({ json }) => addUpload(uploads, await json()),
    'POST /v1/uploads/{id}/parts': async ({ ids: [id = ''], form }) => {
      pending(uploads, id)
      const { content } = fileOf(await form(), 'data')
      if (content.bytes > PART_BYTES) throw invalid('A part can be at most 64 MB.', 'data')
      pending(uploads, id)
      const part: Part = { id: newId('part_'), object: 'upload.part', created_at: now(), upload_id: id }
      return uploads.beside(id).parts.add(part, content)
    },
    'POST /v1/uploads/{id}/complete': async ({ ids: [id = ''], json }) => {
      const { part_ids, md5 } = await json()
      if (tellsAgain && uploads.get(id).status === 'completed') return uploads.get(id)
      const upload = pending(uploads, id)
      if (!Array.isArray(part_ids) || part_ids.length === 0) throw invalid('Invalid value.', 'part_ids')
      const { parts, expiresAfter } = uploads.beside(id)
      const content = Content.joined(part_ids.map((part) => parts.beside(part)))
      const { bytes, filename, purpose } = upload
      if (content.bytes !== bytes)
        throw invalid(`Expected ${bytes} bytes, but the parts have ${content.bytes}.`, 'part_ids')
      if (md5 !== undefined && md5 !== content.digest('md5')) throw invalid('The checksum does not match.', 'md5')
      const file = addFile(files, { filename, purpose, content, expiresAfter })
      return Object.assign(upload, { status: 'completed', file })
    },
    'POST /v1/uploads/{id}/cancel': async ({ ids: [id = ''] }) =>
      Object.assign(pending(uploads, id), { status: 'cancelled' }),
  }
}
