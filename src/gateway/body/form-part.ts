import { isUtf8 } from 'node:buffer'
import { ApiError, malformedForm } from '../../contract/error.ts'

/** What the head of a part says. `filename` is null for a field. */
export type PartHead = { name: string; filename: string | null; type: string }

/** Headers of one part, and the bytes that they may have together. */
export const MAX_HEADERS = 16
const MAX_HEADER_BYTES = 8192

/** What a client may send as a file; of all other names a model server would read the field, or either of them. */
const FILES = /^(file|image|mask)(\[\d*\])?$/
/** Names that any reader reads the same. */
const NAME = /^[\w.[\]-]{1,128}$/
const PARAMETER = /[ \t]*;[ \t]*([a-z]+\*?)[ \t]*=[ \t]*(?:"((?:\\"|[^"])*)"|([^\s;"]+))[ \t]*/giy
/** Codings that change nothing. */
const PLAIN_CODINGS: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary'])

/**
 * Fields with one value. Some readers take `model[]` for `model`, others mind no case: what could be read as one of these is
 * that, or is refused.
 */
const SCALARS: ReadonlySet<string> = new Set([
  ...['max_completion_tokens', 'max_output_tokens', 'max_tokens'],
  ...['background', 'input_fidelity', 'language', 'model', 'moderation', 'n', 'output_compression', 'output_format'],
  ...['partial_images', 'prompt', 'quality', 'response_format', 'service_tier', 'size', 'store', 'stream'],
  ...['temperature', 'user'],
])

/**
 * Reads the head of a part, strictly: what is unusual in it is refused, not guessed.
 * @param headers by their names in lower case; one character for each byte
 * @param upload the one file that the form may have; of others it is those of FILES
 * @throws ApiError 400
 */
export function readPartHead(headers: Readonly<Record<string, readonly string[]>>, upload?: string): PartHead {
  const all = Object.entries(headers)
  const bytes = all.reduce((sum, [name, values]) => sum + name.length * values.length + values.join('').length, 0)
  const count = all.reduce((sum, [, values]) => sum + values.length, 0)
  if (bytes > MAX_HEADER_BYTES || count >= MAX_HEADERS) throw malformedForm('The headers of a part are too large.')
  const [disposition, ...more] = headers['content-disposition'] ?? []
  if (disposition === undefined || more.length > 0) {
    throw malformedForm("Each part needs one 'Content-Disposition' header.")
  }
  const coding = headers['content-transfer-encoding']?.join(',').trim().toLowerCase()
  if (coding !== undefined && !PLAIN_CODINGS.has(coding)) {
    throw malformedForm("A part has a 'Content-Transfer-Encoding', which no part of a form may have.")
  }
  const { name, filename } = readDisposition(utf8(disposition))
  const type = headers['content-type']?.[0]?.trim() ?? ''
  if (filename === null) refuseOtherCharsets(type)
  checkName(name, filename !== null, upload)
  // A part with parts of its own is read in by some readers, which would find other files and fields in it.
  const isPlain = /^[\x20-\x7e]+$/.test(type) && !/^multipart\//i.test(type)
  return { name, filename, type: isPlain ? type : 'application/octet-stream' }
}

function readDisposition(text: string): { name: string; filename: string | null } {
  const kind = /^[ \t]*form-data/i.exec(text)
  if (!kind) throw malformedForm("A part's 'Content-Disposition' is not 'form-data'.")
  const found = new Map<string, string>()
  for (let at = kind[0].length; at < text.length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at
    const match = PARAMETER.exec(text)
    const key = match?.[1]?.toLowerCase()
    if (!match || key === undefined || found.has(key)) throw malformedForm("A part's 'Content-Disposition' is broken.")
    found.set(key, match[2]?.replaceAll('\\"', '"') ?? match[3] ?? '')
  }
  const name = found.get('name')
  if (name === undefined || found.has('name*')) throw malformedForm('A part has no name.')
  const extended = found.get('filename*')
  const filename = extended === undefined ? (found.get('filename') ?? null) : decodeExtended(extended)
  // Only the last step of a path is the file's name.
  return { name, filename: filename === null ? null : filename.replace(/^.*[\\/]/s, '') }
}

/** RFC 5987: `UTF-8''na%C3%AFve.mp3`. */
function decodeExtended(text: string): string {
  const [, encoded] = /^utf-8'[^']*'([\w!#$&+.^`|~%-]*)$/i.exec(text) ?? []
  try {
    if (encoded !== undefined) return decodeURIComponent(encoded)
  } catch {
    // What follows says it.
  }
  throw malformedForm("A file's name is not encoded in UTF-8.")
}

function checkName(name: string, isFile: boolean, upload: string | undefined) {
  if (!NAME.test(name)) throw malformedForm('The name of a part holds characters that no parameter has.')
  const base = (name.split(/[[\].]/, 1)[0] ?? '').toLowerCase()
  if (name !== base && SCALARS.has(base)) {
    throw new ApiError('unknown_parameter', `Unknown parameter: '${name}'.`, { param: name })
  }
  if (!isFile || (upload === undefined ? FILES.test(name) : name === upload)) return
  const message = `Invalid type for '${name}': expected a string, but got a file instead.`
  throw new ApiError('invalid_type', message, { param: name })
}

function refuseOtherCharsets(type: string) {
  if (!/charset/i.test(type) || /;[ \t]*charset="?(utf-?8|us-ascii)"?[ \t]*$/i.test(type)) return
  throw malformedForm('A field is not encoded in UTF-8.')
}

function utf8(header: string): string {
  const bytes = Buffer.from(header, 'latin1')
  if (!isUtf8(bytes)) throw malformedForm('The head of a part is not encoded in UTF-8.')
  return bytes.toString()
}
