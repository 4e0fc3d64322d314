// The uuid module: identifiers that nobody else makes (Kamailio's uuid, RFC 9562).

import { randomUUID } from 'node:crypto'
import { defineKemiFunction, defineModule } from '../core/module.ts'
import { namedPseudoVariables } from '../core/pseudovariables.ts'
import { timeUuid } from './uuid/time-uuid.ts'

function getter(doc: string, make: () => string) {
  return defineKemiFunction({ parameters: [], returns: 'value', doc, call: () => make() })
}

export const uuid = defineModule({
  name: 'uuid',
  pseudoVariables: {
    uuid: namedPseudoVariables('uuid', {
      g: { get: () => randomUUID() },
      r: { get: () => randomUUID() },
      t: { get: () => timeUuid() },
      // In Kamailio s asks a daemon for a time that no other process has used; here each process has a node id of its own.
      s: { get: () => timeUuid() },
    }),
  },
  kemi: {
    get: getter('A random UUID.', randomUUID),
    rget: getter('A random UUID.', randomUUID),
    tget: getter('A UUID of the time.', timeUuid),
  },
})
