// Networks as parameters name them: `10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`. What they mean is the dispatcher's.

import { z } from 'zod'
import { networkMistake } from '../dispatcher.ts'
import { type Parameter, show } from './parameters.ts'

/** Any number of texts, each of one network or of several with commas between them. */
const TEXTS = z.array(z.string())

/** Networks, none by default. */
export function networks(options: {
  live?: boolean
  doc: string
}): Parameter<readonly string[], readonly string[]> {
  return {
    type: 'strings',
    schema: TEXTS.transform(split).refine((all) => all.every((text) => networkMistake(text) === undefined)),
    default: [],
    expected: 'networks such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32',
    problems: (given) => {
      const texts = TEXTS.safeParse(given)
      return texts.success ? split(texts.data).flatMap(problem) : []
    },
    doc: options.doc,
    live: options.live ?? false,
  }
}

/** An empty text is no network, so that a variable that is not set does not open the bus to everybody. */
function split(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => text.split(',').map((part) => part.trim()))
}

function problem(text: string): string[] {
  const mistake = networkMistake(text)
  return mistake === undefined ? [] : [`${show(text)} ${mistake}`]
}
