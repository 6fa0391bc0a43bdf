import { X509Certificate } from 'node:crypto'

/**
 * A certificate that is kept, read as it was when it was uploaded: by what its block says. OpenSSL asks for the lines of a PEM as well, and one
 * that was pasted may have lost them.
 */
export const keptCertificate = (pem: string): X509Certificate =>
  new X509Certificate(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'))
