/** What of a JSON text is looked at: a tree of the places of interest. Everything outside it is skipped unread. */
export type Want = {
  /** Members of an object that are looked into. */
  members?: readonly { name: string; key: Buffer; want: Want }[]
  /** What is looked at in each element of a list. */
  each?: Want
  /** The name under which the steps of a list are told. */
  list?: string
  /** The name under which a value, of whatever type, is told whole. */
  keep?: string
  /** The channel on which a string is told, piece by piece. */
  text?: number
}
