import { resolve } from 'node:path'

/** A bucket, and how the keys begin there of what is kept: nothing, or what ends with a slash. */
export type BucketPlace = {
  bucket: string
  prefix: string
  /** Whether the bucket's name stands in the path of a URL, and not in its host's name. */
  isPathStyle: boolean
}
/** Where the gate keeps what it keeps itself. */
export type FilesPlace = { folder: string } | BucketPlace

const BUCKET = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/((?:[\w-][\w.-]*\/)*[\w-][\w.-]*)?\/?)?$/

/** A folder, or a bucket as `s3://bucket/prefix`. What stands there may be a password of somebody who took it for another URL, so it is not repeated. */
export function filesPlace(value: string): { folder: string } | Omit<BucketPlace, 'isPathStyle'> {
  if (!/^[a-z][a-z0-9+.-]+:/i.test(value)) return { folder: resolve(value) }
  const [, bucket, prefix = ''] = BUCKET.exec(value) ?? []
  if (bucket === undefined)
    throw new Error(
      'neither a folder nor s3://bucket or s3://bucket/prefix; where its server is, and the key to it, say AWS_ENDPOINT_URL_S3, AWS_REGION and the other variables of the AWS SDK',
    )
  return { bucket, prefix: prefix && `${prefix}/` }
}

/** A server of one's own seldom has a host's name for each bucket. @param env the environment, in which the AWS SDK finds where its server is */
export function toFiles(
  place: ReturnType<typeof filesPlace> | null,
  env: Record<string, string | undefined>,
): FilesPlace | null {
  if (place === null || 'folder' in place) return place
  return { ...place, isPathStyle: Boolean(env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL) }
}
