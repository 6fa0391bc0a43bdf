import { realpathSync } from 'node:fs'
import { sqlitePath } from './open.ts'

/**
 * A place beside a database's own file, which is the same under whatever name the file is served. Null where there is no file.
 * @param url of a database that is there
 */
export function beside(url: string, suffix: string): string | null {
  const path = sqlitePath(url)
  return path === null || path === ':memory:' ? null : `${realpathSync(path)}${suffix}`
}

/** The folder in which usage waits that the file does not take as fast as it comes. */
export const usageFolder = (url: string) => beside(url, '-usage')
