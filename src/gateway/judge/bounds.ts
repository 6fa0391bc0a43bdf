import { IMAGE_SOURCE } from './blocks.ts'

/*
 * The most tokens that something can be, whatever model reads it. Tokenizers end at bytes, so a text has no more tokens than
 * bytes of UTF-8, and no more than JSON writes it with. What is no text is bounded by its kind and its size.
 */

/**
 * Put around every request by the template of its model: names of roles, a date, how tools are called. What one message more
 * costs is less than the JSON around it.
 */
export const TEMPLATE_TOKENS = 1000

/** The dearest known: 8 tiles in high detail, of gpt-4o-mini (48,169); of its bytes an image says nothing. */
export const IMAGE_TOKENS = 50_000

/** A recording has at most fifty tokens a second and at least 500 bytes (4 kbit/s, less than any codec for speech takes). */
const BYTES_PER_SOUND_TOKEN = 10
const LEAST_SOUND_TOKENS = 1000

/** Tokens for each byte of a file: its text is compressed, and each of its pages is shown to the model as an image, too. */
const TOKENS_PER_FILE_BYTE = 3

/** Some servers count a token or two of output where there is none to be had. */
export const SPARE_TOKENS = 16

/** What bytes are, by where they stand. Only a place is believed: what a client calls them is its own word. */
export type Kind = 'image' | 'sound' | 'file'

const images: ReadonlySet<string> = new Set(['image_url', 'b64_json', 'result', IMAGE_SOURCE])
const sounds: ReadonlySet<string> = new Set(['input_audio', 'audio', 'audio_url'])

/** @param key of the field that the bytes stand in, or that holds the object with them */
export function kindAt(key: string): Kind {
  const name = key.toLowerCase()
  if (images.has(name)) return 'image'
  return sounds.has(name) ? 'sound' : 'file'
}

/** @param bytes of it, decoded */
export function mostTokens(kind: Kind, bytes: number): number {
  if (kind === 'image') return IMAGE_TOKENS
  if (kind === 'sound') return LEAST_SOUND_TOKENS + Math.ceil(bytes / BYTES_PER_SOUND_TOKEN)
  return IMAGE_TOKENS + bytes * TOKENS_PER_FILE_BYTE
}

/** Bytes behind characters of base64. */
export const decoded = (characters: number) => Math.ceil((characters * 3) / 4)
