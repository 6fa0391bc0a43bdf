import { Bounded } from '../../core/bounded.ts'
import { bare, words } from '../../core/field-name.ts'
import { leading } from '../../core/mcp-hosts.ts'
import { lookalike } from '../body/fields.ts'
import { naming } from '../kinds/kinds.ts'

/** What a key means, wherever it stands. Others hold text, or more of the same. */
export type Meaning =
  /** Names a stored object, which may be another project's, or a host that a tool leads to. */
  | 'reference'
  /** A container by its id, or an object that describes a new one. */
  | 'container'
  /** Which hosts code may reach, where it is an object. */
  | 'network'
  /** A tool that is defined where no rule looks for tools, where it is an object. */
  | 'definition'
  /** Something stored where it is an object with an id: a voice, or audio of an earlier answer. */
  | 'holder'
  /** A file where it is an object with an id, or a text that is one. */
  | 'file'
  /** Says how the rest is to be read; no model reads it. */
  | 'form'
  /** Bytes as text. */
  | 'binary'
  /** A link, or bytes where it begins with `data:`. */
  | 'link'
  /** An image or a file, by a link or by its data. */
  | 'media'
  /** What an image or a document is made of: its bytes, its text, parts of its own, or a link. */
  | 'source'
  /** What a tool was called with, in the call of a tool. */
  | 'input'
  /** Settings of tools by their names, in a list of another server's tools. */
  | 'configs'
  /** Where the model looked, or found what it said: nobody follows a link in there once more. */
  | 'notes'
  /** Bytes in a generated image, text in all else. */
  | 'result'
  /** Any JSON that the client likes: schemas, arguments. No reader follows a reference in there. */
  | 'free'

/** From the request types of the official clients (openai 7.57, @anthropic-ai/sdk 1.14): chat, completions, responses, images, audio, messages. */
const meanings = new Map<string, Meaning>([
  ...naming.map((field): [string, Meaning] => [field, 'reference']),
  ...leading.map((field): [string, Meaning] => [field, 'reference']),
  ['skill_id', 'reference'],
  ['container', 'container'],
  ['network_policy', 'network'],
  ['definition', 'definition'],
  ['audio', 'holder'],
  ['voice', 'holder'],
  ['file', 'file'],
  ['files', 'file'],
  ['input_file', 'file'],
  ['image_file', 'file'],
  ['attachment', 'file'],
  ['attachments', 'file'],
  ['role', 'form'],
  ['type', 'form'],
  ['id', 'form'],
  ['call_id', 'form'],
  ['tool_call_id', 'form'],
  ['tool_use_id', 'form'],
  ['media_type', 'form'],
  ['status', 'form'],
  ['detail', 'form'],
  ['file_data', 'binary'],
  ['data', 'binary'],
  ['b64_json', 'binary'],
  ['url', 'link'],
  ['image_url', 'media'],
  ['file_url', 'media'],
  ['audio_url', 'media'],
  ['video_url', 'media'],
  ['source', 'source'],
  ['input', 'input'],
  ['configs', 'configs'],
  ['annotations', 'notes'],
  ['action', 'notes'],
  ['sources', 'notes'],
  ['result', 'result'],
  ['arguments', 'free'],
  ['parameters', 'free'],
  ['input_schema', 'free'],
  ['output_schema', 'free'],
  ['input_examples', 'free'],
  ['schema', 'free'],
  ['json_schema', 'free'],
  ['metadata', 'free'],
  ['headers', 'free'],
  ['env', 'free'],
])

export const isFree = (key: string): boolean => meanings.get(key) === 'free'

/** The meaning of a key as a careless reader sees it; undefined for all that is read on. */
export const meaningOf = (key: string): Meaning | undefined => meanings.get(key) ?? meaningOfStrange(key)

/** Every name that is a reference, as its API writes it. */
export const references: readonly string[] = [...meanings].flatMap(([name, meaning]) =>
  meaning === 'reference' ? [name] : [],
)
const bareReferences: ReadonlySet<string> = new Set(references.map(bare))
const worded = references.map(words)

/** Names behind which something is fetched or stored, without anything between their words: `imageUrl`, `file-url`, `inputFile`. */
const linked: ReadonlyMap<string, Meaning> = new Map(
  [...meanings].flatMap(([name, meaning]) =>
    meaning === 'link' || meaning === 'media' || meaning === 'file' ? [[bare(name), meaning]] : [],
  ),
)

/** A name is looked at once: most are the same few. Longer ones than this are no field of any server. */
const LONGEST = 128
const looked = new Bounded<string, Meaning | null>(2000)

function meaningOfStrange(key: string): Meaning | undefined {
  if (key.length > LONGEST) return undefined
  const before = looked.get(key)
  if (before !== undefined) return before ?? undefined
  const meaning = meanings.get(lookalike(key) ?? key) ?? meaningOfWords(key)
  looked.set(key, meaning)
  return meaning ?? undefined
}

function meaningOfWords(key: string): Meaning | null {
  if (isReference(key)) return 'reference'
  const plain = bare(key)
  return plain === NETWORK ? 'network' : (linked.get(plain) ?? null)
}

const NETWORK = bare('network_policy')

/** Whether the name of a reference is in it: `fileId`, `file-id`, `FILEID`, `input_file_id`. */
function isReference(key: string): boolean {
  if (bareReferences.has(bare(key))) return true
  const written = words(key)
  return worded.some((one) => written.includes(one))
}
