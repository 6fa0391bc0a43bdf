import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'

/** Has a file's content, or a folder's names, on the disk. */
export function sync(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Gives a file that is whole its name: whoever looks, even after the power has gone, finds all of it or what was there before. */
export function publish(whole: string, name: string): void {
  sync(whole)
  renameSync(whole, name)
  sync(dirname(name))
}
