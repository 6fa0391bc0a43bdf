import { isIP } from 'node:net'

/** Whether a host is this machine itself. @param host as URLs write it, an IPv6 address also without its brackets */
export const isThisMachine = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'))
