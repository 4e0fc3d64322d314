// Where evapid differs from Kamailio 5.6.3 on purpose in what a script of test/conformance/scripts comes to, why, and what both do. A
// difference that is none any more fails its test and must leave the list.

export interface ScriptDifference {
  readonly why: string
  readonly kamailio: readonly string[]
  readonly evapid: readonly string[]
}

/** By the name of the case's test. */
export const DIFFERENCES: Readonly<Record<string, ScriptDifference>> = {}
