/** Why a batch fails as a whole: what its `errors.data` has of no line. */
export type BatchRefusal = { code: string; line: null; message: string; param: string | null }
