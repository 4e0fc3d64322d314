// Variables that need neither request nor script: constants, the environment, the version. And $_s, a text with variables in it.

import {
  namedPseudoVariables,
  type PseudoVariable,
  type PseudoVariableClass,
} from '../../core/pseudovariables.ts'
import { KeyFormat } from '../htable/reference.ts'
import { literallyNamed, nameMissing } from './names.ts'

const constant = (value: string | number): PseudoVariable => ({ get: () => value })

/** The numbers of address families and protocols, which the variables of those are compared with. */
const NUMBERS = { IPv4: 2, IPv6: 10, UDP: 1, TCP: 2, TLS: 3, SCTP: 4, WS: 5, WSS: 6 }

/** The release whose scripts run here: what they ask for is what that one can do. */
const KAMAILIO = '5.6.3'

export const processVariables: Readonly<Record<string, PseudoVariableClass>> = {
  K: namedPseudoVariables(
    'K',
    Object.fromEntries(Object.entries(NUMBERS).map(([name, number]) => [name, constant(number)])),
  ),
  version: namedPseudoVariables('version', {
    num: constant(KAMAILIO),
    full: constant(`kamailio ${KAMAILIO} (evapid)`),
    hash: constant('unknown'),
  }),
  env: literallyNamed('env', (name) => ({ get: () => process.env[name] ?? null })),
  envn: literallyNamed('envn', (name) => ({ get: () => numberOf(process.env[name]) })),
  _s: {
    parse(inner, _index, nested) {
      if (inner === undefined) return nameMissing('_s')
      const format = new KeyFormat(inner, nested)
      return { get: (ctx) => format.expand(ctx) }
    },
  },
}

function numberOf(text: string | undefined): number {
  const number = Number.parseInt(text ?? '', 10)
  return Number.isNaN(number) ? 0 : number
}
