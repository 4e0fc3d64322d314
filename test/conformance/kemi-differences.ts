// Where KEMI in evapid differs from Kamailio's app_jsdt on purpose: the lines that differ, in both, and why.
import type { KemiOutcome } from './kemi-player.ts'

export interface KemiDifference {
  readonly why: string
  readonly kamailio: readonly string[]
  readonly evapid: readonly string[]
  /** The lines of both that differ. */
  lines(kamailio: KemiOutcome, evapid: KemiOutcome): readonly [readonly string[], readonly string[]]
}

/** All lines of an outcome that are not the same in the other, position by position. */
function differing(
  kamailio: KemiOutcome,
  evapid: KemiOutcome,
): readonly [readonly string[], readonly string[]] {
  const one = [...kamailio.relayed, ...kamailio.replies]
  const other = [...evapid.relayed, ...evapid.replies]
  return [one.filter((line, at) => line !== other[at]), other.filter((line, at) => line !== one[at])]
}

function differs(why: string, kamailio: readonly string[], evapid: readonly string[]): KemiDifference {
  return { why, kamailio, evapid, lines: differing }
}

export const DIFFERENCES: Readonly<Record<string, KemiDifference>> = {}
void differs
