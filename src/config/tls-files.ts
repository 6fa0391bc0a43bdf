import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Where the listener's certificate (with its chain) and its key are: PEM files. */
export type TlsFiles = Readonly<{ cert: string; key: string }>
/** What is in them. */
export type TlsMaterial = Readonly<{ cert: string; key: string }>
export type TlsMistake = { file: keyof TlsFiles; why: string }

/**
 * Reads the listener's certificate and key, and tries them.
 * @returns what is in the files, or every reason why they cannot be used; none repeats what a file holds
 */
export function readTlsFiles(files: TlsFiles): TlsMaterial | TlsMistake[] {
  const mistakes: TlsMistake[] = []
  const read = <T>(file: keyof TlsFiles, understand: (text: string) => T): { text: string; value: T } | null => {
    try {
      const text = readFileSync(files[file], 'utf8')
      return { text, value: understand(text) }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const unreadable = `'${files[file]}' cannot be read (${code})`
      mistakes.push({ file, why: error instanceof Unusable ? message : unreadable })
      return null
    }
  }
  const cert = read('cert', certificateIn)
  const key = read('key', keyIn)
  if (cert === null || key === null) return mistakes
  if (!cert.value.checkPrivateKey(key.value)) {
    return [{ file: 'key', why: 'the key does not belong to the first certificate in GATEHOUSE_TLS_CERT' }]
  }
  const material = { cert: cert.text, key: key.text }
  try {
    // Loaded only where TLS is spoken. What it refuses beyond the above are keys too short and chains with garbage in them.
    process.getBuiltinModule('node:tls').createSecureContext(material)
  } catch (error) {
    return [{ file: 'cert', why: `TLS cannot be spoken with it (${(error as Error).message})` }]
  }
  return material
}

class Unusable extends Error {}

function certificateIn(text: string): X509Certificate {
  try {
    if (text.includes('-----BEGIN CERTIFICATE-----')) return new X509Certificate(text)
  } catch {
    throw new Unusable('its first certificate cannot be read')
  }
  throw new Unusable('the file holds no certificate in PEM')
}

function keyIn(text: string) {
  try {
    return createPrivateKey(text)
  } catch {
    const encrypted = text.includes('ENCRYPTED')
    throw new Unusable(
      encrypted ? 'the key is encrypted; give it without a passphrase' : 'the file holds no private key in PEM',
    )
  }
}
